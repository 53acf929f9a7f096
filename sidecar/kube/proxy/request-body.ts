/** The body of a client's request: read whole, for it is judged before a byte of it goes on. */
import type { IncomingMessage } from 'node:http';
import { MAX_BODY, tooLarge } from '../../request/understand.ts';

const NOTHING = Buffer.alloc(0);

/** True where the headers announce a body. */
export function announcesBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * Resolves with the whole body; null where the client went away first.
 * @param invite called once it is certain that the body is wanted
 * @throws Unfit where it is too large; then the rest of it is still to come
 */
export async function readBody(request: IncomingMessage, invite: () => void): Promise<Buffer | null> {
  if (!announcesBody(request)) return NOTHING;
  if (request.destroyed) return null;
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) throw tooLarge();
  invite();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | null>();
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes <= MAX_BODY) return;
    request.removeAllListeners('data');
    request.pause();
    reject(tooLarge());
  });
  request.once('end', () => resolve(Buffer.concat(chunks, bytes)));
  request.once('close', () => resolve(null));
  request.once('error', () => resolve(null));
  return promise;
}
