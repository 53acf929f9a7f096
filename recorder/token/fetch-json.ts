/** How documents of an issuer are fetched: small, quickly, over TLS, and from the address that was asked and no other. */
import { Agent } from 'undici';
import { ChaperoneError } from '../errors.ts';

/** The JSON at an address. @throws ChaperoneError `ISSUER_GONE` */
export type FetchJson = (url: URL) => Promise<unknown>;

export interface FetchOptions {
  /** PEM: the authorities to trust in place of the system's. */
  ca?: string;
  /** Milliseconds for all of it. */
  patience?: number;
}

/** Bytes of one document. A key is a few hundred; providers publish a handful. */
const MAX_BYTES = 256 * 1024;
const PATIENCE_MS = 5_000;
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** No redirects, no proxies, no compression. Connections are not kept: what is fetched is cached for minutes. */
export function fetchJson({ ca, patience = PATIENCE_MS }: FetchOptions = {}): FetchJson {
  const connect = { timeout: patience, ...(ca !== undefined && { ca }) };
  return async (url) => {
    requireSafe(url);
    const agent = new Agent({ connect, maxResponseSize: MAX_BYTES, pipelining: 0 });
    try {
      const { statusCode, body } = await agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'GET',
        headers: { accept: 'application/json, application/jwk-set+json', 'accept-encoding': 'identity' },
        signal: AbortSignal.timeout(patience),
      });
      if (statusCode !== 200) throw new Error(`it answered ${statusCode}`);
      return JSON.parse(await body.text());
    } catch (error) {
      throw gone(url, error);
    } finally {
      void agent.destroy().catch(() => undefined);
    }
  };
}

/**
 * Keys that anybody on the way could replace prove nothing.
 * @throws ChaperoneError `ISSUER_GONE`
 */
export function requireSafe(url: URL): void {
  const own = url.protocol === 'http:' && LOOPBACK.has(url.hostname);
  if (own || (url.protocol === 'https:' && url.username === '' && url.password === '')) return;
  throw new ChaperoneError(
    'ISSUER_GONE',
    `${url.origin} is not asked for keys: they come over https, and without a name or password in the address`,
  );
}

function gone(url: URL, error: unknown): ChaperoneError {
  if (error instanceof ChaperoneError) return error;
  const { message, code, cause } = error as NodeJS.ErrnoException;
  const [reason] = (message || code || String((cause as Error | undefined)?.message)).split('\n', 1);
  return new ChaperoneError('ISSUER_GONE', `${url.origin}${url.pathname} gives no keys: ${reason}`, {
    cause: error,
  });
}
