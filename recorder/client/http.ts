/**
 * One recorder's HTTP API, spoken to over connections that are kept. What comes back is checked for size, and
 * errors come back as the `ChaperoneError` that the recorder raised.
 */
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { ChaperoneError, ERRORS, type ErrorCode } from '../errors.ts';

export interface Recorder {
  /** E.g. `http://127.0.0.1:7070`, `https://chaperone.example.com`. */
  url: string;
  token: string;
}

export interface Call {
  path: string;
  query?: Record<string, string | undefined>;
  method?: 'GET' | 'POST' | 'DELETE';
  /** Sent as JSON. */
  body?: object;
  signal?: AbortSignal | undefined;
}

/** Without a token, what needs no login can be asked. */
type Addressed = Omit<Recorder, 'token'> & { token: string | null };

/** An idle connection of an agent does not keep the process alive: there is nothing to close. */
const AGENT = { keepAlive: true, maxSockets: 16 };

/** A whole answer of more than this is not one of ours. */
const MAX_WHOLE = 64 * 1024 * 1024;
/** One event with its content in base64, at most. */
const MAX_LINE = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

export class RecorderClient {
  readonly #recorder: Addressed;
  readonly #agent: Agent;

  constructor(recorder: Addressed) {
    this.#recorder = recorder;
    this.#agent = new (isSecure(recorder) ? SecureAgent : Agent)(AGENT);
  }

  /** @throws ChaperoneError the recorder's own, or `RECORDER_GONE` */
  async json<T>(call: Call): Promise<T> {
    return parse(await this.text(call)) as T;
  }

  /** @throws ChaperoneError the recorder's own, or `RECORDER_GONE` */
  async text(call: Call): Promise<string> {
    const response = await this.open(call);
    return (await whole(response)).toString('utf8');
  }

  /** The lines of a stream, parsed. A last line that is an error is thrown. */
  async *lines<T>(call: Call): AsyncGenerator<T> {
    const response = await this.open(call);
    for await (const line of splitLines(guarded(response, call.signal))) {
      const value = parse(line) as T;
      const error = readError(value);
      if (error !== null) throw error;
      yield value;
    }
  }

  /** An answer whose body is still to be read. @throws ChaperoneError the recorder's own, or `RECORDER_GONE` */
  async open(call: Call): Promise<IncomingMessage> {
    const response = await answer(this.#request(call), call);
    if (response.statusCode === 200 || response.statusCode === 204) return response;
    throw await refusal(response);
  }

  #request({ path, query, method = 'GET', body, signal }: Call): ClientRequest {
    const url = new URL(path, this.#recorder.url);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const { token } = this.#recorder;
    const headers = {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const send = isSecure(this.#recorder) ? secureRequest : request;
    return send(url, { method, headers, agent: this.#agent, ...(signal && { signal }) });
  }
}

function isSecure({ url }: Addressed): boolean {
  return url.startsWith('https:');
}

async function answer(outgoing: ClientRequest, { signal, body }: Call): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.once('response', resolve);
  outgoing.on('error', (error) =>
    reject(signal?.aborted === true ? signal.reason : gone('does not answer', error)),
  );
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

/** What an answer that is not 200 says: the recorder's own error, or `RECORDER_GONE`. */
export async function refusal(response: IncomingMessage): Promise<ChaperoneError> {
  try {
    const text = (await whole(response)).toString('utf8');
    return readError(tryParse(text)) ?? gone(`answered ${response.statusCode} without saying why`);
  } catch (error) {
    return error as ChaperoneError;
  }
}

async function whole(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of guarded(response, undefined)) {
    size += chunk.length;
    if (size > MAX_WHOLE)
      throw new ChaperoneError('TOO_LARGE', 'the recorder sent more than an answer should hold');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A body that breaks off is a recorder that is gone, not an end. */
async function* guarded(response: IncomingMessage, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) yield chunk as Buffer;
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : gone('broke off in the middle of an answer', error);
  }
}

async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]).toString('utf8');
      parts = [];
      size = 0;
      start = end + 1;
    }
    size += chunk.length - start;
    if (size > MAX_LINE)
      throw new ChaperoneError('TOO_LARGE', 'the recorder sent a line longer than any of ours');
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (size > 0) throw gone('broke off in the middle of a line');
}

function parse(text: string): unknown {
  const value = tryParse(text);
  if (value === undefined) throw gone('sent what is not JSON: is it of another version?');
  return value;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readError(value: unknown): ChaperoneError | null {
  const { code, message } =
    (value as { error?: { code?: unknown; message?: unknown } } | undefined)?.error ?? {};
  if (typeof code !== 'string' || typeof message !== 'string' || !Object.hasOwn(ERRORS, code)) return null;
  return new ChaperoneError(code as ErrorCode, message);
}

export function gone(what: string, cause?: unknown): ChaperoneError {
  return new ChaperoneError('RECORDER_GONE', `the recorder ${what}; is \`chaperone up\` still running?`, {
    cause,
  });
}
