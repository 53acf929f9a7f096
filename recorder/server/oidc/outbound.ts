/** What is fetched of a provider: within a time, up to a size, and encrypted unless it runs on this machine. */
import { isIP } from 'node:net';
import { ChaperoneError } from '../../errors.ts';

export interface OutboundOptions {
  /** Bytes of an answer; metadata and key sets of large providers come to some tens of thousands. */
  limit?: number;
  /** Milliseconds for the whole of it. */
  within?: number;
}

/** As the libraries ask for it. */
export interface Request {
  method?: string;
  headers?: NonNullable<RequestInit['headers']>;
  body?: NonNullable<RequestInit['body']> | null | undefined;
  signal?: AbortSignal | null | undefined;
}

export type Outbound = (url: string, request: Request) => Promise<Response>;

/** A `fetch` that follows no redirects. @throws ChaperoneError `ISSUER_GONE` for what it does not get */
export function outbound({ limit = 512 * 1024, within = 10_000 }: OutboundOptions = {}): Outbound {
  return async (to, { method = 'GET', headers = {}, body = null, signal: asked }) => {
    const url = new URL(to);
    if (url.protocol !== 'https:' && !isLoopback(url)) throw gone(url, 'is not reached over https');
    const signal = AbortSignal.any([AbortSignal.timeout(within), ...(asked ? [asked] : [])]);
    try {
      const response = await fetch(url, { method, headers, body, redirect: 'manual', signal });
      const bytes = await upTo(limit, response);
      if (response.status >= 500 || response.status === 429) throw new Error(`status ${response.status}`);
      return new Response(hasBody(response.status) ? bytes : null, response);
    } catch (error) {
      throw gone(url, reasonOf(error), error);
    }
  };
}

/** Plain http is only for a provider that runs on this very machine. */
export function isLoopback({ protocol, hostname }: URL): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '');
  const isOwn = bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
  return protocol === 'http:' && isOwn;
}

async function upTo(limit: number, response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length;
    if (size > limit) throw new Error(`answers with more than ${limit} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** https://fetch.spec.whatwg.org/#null-body-status */
function hasBody(status: number): boolean {
  return ![101, 103, 204, 205, 304].includes(status);
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return 'does not answer in time';
  return cause instanceof Error ? `does not answer: ${cause.message}` : `does not answer: ${message}`;
}

function gone({ host }: URL, why: string, cause?: unknown): ChaperoneError {
  return new ChaperoneError('ISSUER_GONE', `the identity provider ${host} ${why}`, { cause });
}
