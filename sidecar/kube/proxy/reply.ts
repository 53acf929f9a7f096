/** Our own answers. */
import type { ServerResponse } from 'node:http';
import { encodeStatus, type Status } from '../request/status.ts';

/** Answers with a `Status`. Does nothing where the client is gone. */
export function sendStatus(response: ServerResponse, status: Status, method: string): void {
  const body = encodeStatus(status);
  response.writeHead(status.code, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-cache, private',
  });
  response.end(method === 'HEAD' ? undefined : body);
}
