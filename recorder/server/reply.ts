/** How an answer is written: JSON, text, an error, or a stream that waits for its reader. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { ChaperoneError, type ErrorCode } from '../errors.ts';
import type { ErrorBody } from './api.ts';
import { type Exchange, MethodNotAllowed } from './router.ts';
import { TooManyLogins } from './throttle.ts';

/** What is gathered before it is handed to the socket: a system call per line would be most of the cost. */
const BATCH = 64 * 1024;
/** A reader that takes nothing for this long is dropped, so that it cannot hold its iterator for ever. */
const STALLED_MS = 120_000;

export function sendText(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  const body = Buffer.from(text);
  response.statusCode = status;
  response.setHeader('Content-Type', `${type}; charset=utf-8`);
  response.setHeader('Content-Length', body.length);
  response.end(body);
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  sendText(response, status, `${JSON.stringify(value)}\n`, 'application/json');
}

/** The error as the API says it. What we did not raise on purpose keeps its words to itself. */
export function errorBody(error: unknown): ErrorBody {
  const known = asChaperoneError(error);
  return { error: { code: known.code, message: known.message } };
}

export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    // Half an answer must not look whole: a chunked body without its end is an error to every client.
    response.destroy();
    return;
  }
  if (error instanceof MethodNotAllowed) response.setHeader('Allow', error.allow);
  if (error instanceof TooManyLogins) response.setHeader('Retry-After', error.retryAfter);
  sendJson(response, errorBody(error), statusOf(error));
}

export function statusOf(error: unknown): number {
  if (error instanceof MethodNotAllowed) return 405;
  if (error instanceof TooManyLogins) return 429;
  return asChaperoneError(error).httpStatus;
}

export function asChaperoneError(error: unknown): ChaperoneError {
  if (error instanceof ChaperoneError) return error;
  const code: ErrorCode = 'STORE_FAILED';
  return new ChaperoneError(code, 'the recorder failed at this request; its own output says why', {
    cause: error,
  });
}

export type Chunks = AsyncIterable<string | Uint8Array>;

/** Streams `chunks` at the reader's pace; memory stays at one batch and the socket's buffer. */
export async function stream(exchange: Exchange, chunks: Chunks): Promise<void> {
  const { response, signal } = exchange;
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    if (!response.write(chunk)) await drained(response, signal);
  }
  response.end();
}

/** JSON lines. An error on the way becomes the last line, since the status has long been sent. */
export async function streamLines(exchange: Exchange, values: AsyncIterable<unknown>): Promise<void> {
  exchange.response.setHeader('Content-Type', 'application/x-ndjson; charset=utf-8');
  await stream(exchange, batched(lines(values, exchange)));
}

/** The same as it happens: each line leaves at once, and the stream ends when the server closes. */
export async function followLines(exchange: Exchange, values: AsyncIterable<unknown>): Promise<void> {
  exchange.response.setHeader('Content-Type', 'application/x-ndjson; charset=utf-8');
  exchange.response.flushHeaders();
  await stream(exchange, lines(values, exchange));
}

/** Joins small chunks into batches of at least 64 KB, the last one excepted. */
export async function* batched(chunks: Chunks): AsyncGenerator<string | Uint8Array> {
  let text = '';
  for await (const chunk of chunks) {
    if (typeof chunk === 'string') {
      text += chunk;
      if (text.length < BATCH) continue;
      yield text;
      text = '';
    } else {
      if (text !== '') yield text;
      text = '';
      yield chunk;
    }
  }
  if (text !== '') yield text;
}

async function* lines(values: AsyncIterable<unknown>, { signal, report }: Exchange): AsyncGenerator<string> {
  try {
    for await (const value of values) yield `${JSON.stringify(value)}\n`;
  } catch (error) {
    if (signal.aborted) throw error;
    report(error);
    yield `${JSON.stringify(errorBody(error))}\n`;
  }
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  const stalled = setTimeout(() => response.destroy(), STALLED_MS);
  try {
    await once(response, 'drain', { signal });
  } finally {
    clearTimeout(stalled);
  }
}
