/** One attempt at one address: bounded in time and in what is read of the answer, and never sent on elsewhere. */
import { EnvHttpProxyAgent, request } from 'undici';

export interface Post {
  url: URL;
  headers: Record<string, string>;
  body: string;
}

export type Attempt =
  | { kind: 'delivered' }
  /** It wants no more (410). */
  | { kind: 'gone' }
  /** `after`: milliseconds for which it asks to be left alone. */
  | { kind: 'failed'; why: string; after: number };

export interface Poster {
  post(post: Post, signal: AbortSignal): Promise<Attempt>;
  close(): Promise<void>;
}

/** Of an answer only its status counts; so much of the rest is taken, that the connection may be used again. */
const MOST_READ = 64 * 1024;

/** @param timeout milliseconds for an attempt as a whole */
export function httpPoster(timeout: number): Poster {
  // A redirect is an answer like another: where the message goes was decided by who wrote the settings.
  const dispatcher = new EnvHttpProxyAgent({
    connections: 4,
    connect: { timeout },
    maxHeaderSize: 16 * 1024,
  });
  return {
    async post({ url, headers, body }, stopped) {
      const signal = AbortSignal.any([stopped, AbortSignal.timeout(timeout)]);
      try {
        const given = { 'content-type': 'application/json', 'user-agent': 'chaperone', ...headers };
        const answer = await request(url, { method: 'POST', headers: given, body, signal, dispatcher });
        await drain(answer.body);
        return attemptOf(answer.statusCode, answer.headers['retry-after']);
      } catch (error) {
        return { kind: 'failed', why: reasonOf(error, timeout), after: 0 };
      }
    },
    close: () => dispatcher.destroy(),
  };
}

async function drain(body: AsyncIterable<Buffer> & { destroy(): void }): Promise<void> {
  let left = MOST_READ;
  for await (const chunk of body) {
    left -= chunk.length;
    if (left < 0) break; // which ends the connection
  }
}

function attemptOf(status: number, retryAfter: string | string[] | undefined): Attempt {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) return { kind: 'gone' };
  const seconds = /^\d{1,6}$/.test(String(retryAfter)) ? Number(retryAfter) : 0;
  return { kind: 'failed', why: `it answered with status ${status}`, after: seconds * 1000 };
}

/** By its code: a message of the machine may hold the address, which may be a secret. */
function reasonOf(error: unknown, timeout: number): string {
  const { name, code } = error as { name?: string; code?: unknown };
  if (name === 'TimeoutError') return `it did not answer within ${timeout / 1000} s`;
  return `it could not be reached (${typeof code === 'string' ? code : (name ?? 'unknown')})`;
}
