/** Small questions of our own to the API server. */
import type { Dispatcher } from 'undici';
import type { Heard } from '../../request/trial/trial.ts';
import type { ApiServer, Forwarded } from './upstream.ts';

/** Bytes of one answer; an object in etcd has 1.5 MiB at most. */
const ANSWER_LIMIT = 8 << 20;
/** How long the server may take for one. */
const ANSWER_MS = 30_000;

/** The whole of an answer. @throws Error where it breaks off, is too long, or takes too long */
export function collect(upstream: Pick<ApiServer, 'send'>, forwarded: Forwarded): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    let status = 0;
    let headers: Heard['headers'] = [];
    let controller: Dispatcher.DispatchController | null = null;
    const give = (why: string) => {
      const error = new Error(why);
      controller?.abort(error);
      reject(error);
    };
    const timer = setTimeout(() => give('no answer in time'), ANSWER_MS);
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (started) => {
        controller = started;
      },
      onResponseStart: ({ rawHeaders }, code) => {
        status = code;
        headers = rawHeaders as Buffer[];
      },
      onResponseData: (_controller, piece) => {
        pieces.push(piece);
        length += piece.length;
        if (length > ANSWER_LIMIT) give('the answer is too long');
      },
      onResponseEnd: () => {
        clearTimeout(timer);
        resolve({ status, headers, body: Buffer.concat(pieces) });
      },
      onResponseError: (_controller, error) => {
        clearTimeout(timer);
        reject(error);
      },
    };
    upstream.send(forwarded, handler).catch((error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}
