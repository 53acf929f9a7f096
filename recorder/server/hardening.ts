/**
 * What stands before every route: which addresses we answer to, who may call across origins (nobody), and
 * the headers of every answer.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ChaperoneError } from '../errors.ts';

/**
 * The page's Content Security Policy (https://www.w3.org/TR/CSP3/): our own files only.
 * asciinema-player's terminal is WebAssembly, hence `wasm-unsafe-eval`.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers of every answer, errors included. */
export function harden(response: ServerResponse): void {
  response.setHeader('Content-Security-Policy', PAGE_POLICY);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  response.setHeader('Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Cache-Control', 'no-store');
}

/** The addresses that mean this server. Any other name that leads here is a DNS rebinding. */
export class Origins {
  /** By `Host`. */
  readonly #origins: Map<string, string>;

  /** @param external where browsers reach it through a proxy of the operator's; null where there is none */
  constructor(port: number, external: URL | null) {
    const names = ['127.0.0.1', 'localhost', '[::1]'];
    const hosts = names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
    this.#origins = new Map(hosts.map((host) => [host, `http://${host}`]));
    if (external !== null) this.#origins.set(external.host, external.origin);
  }

  /** The origin that a `Host` stands for. */
  of(host: string): string | undefined {
    return this.#origins.get(host.toLowerCase());
  }

  /** Whether the browser speaks TLS, to the operator's proxy. */
  isSecure(request: IncomingMessage): boolean {
    return this.of(request.headers.host ?? '')?.startsWith('https:') === true;
  }
}

/**
 * The path and query of a request that is meant for us.
 * @throws ChaperoneError `FORBIDDEN` for a foreign `Host`, `USAGE` for a target that is no path
 */
export function ownTarget(request: IncomingMessage, origins: Origins): URL {
  const given = request.headersDistinct.host ?? [];
  const base = given.length === 1 && given[0] !== undefined ? origins.of(given[0]) : undefined;
  if (base === undefined) {
    throw new ChaperoneError(
      'FORBIDDEN',
      'this recorder answers to 127.0.0.1 and localhost with its own port, and to its externalUrl, only',
    );
  }
  const target = request.url ?? '';
  // An absolute target (`GET http://other/`) outranks Host, and `//other` would become a host in a URL.
  if (!target.startsWith('/') || target.startsWith('//') || !URL.canParse(target, base)) {
    throw new ChaperoneError('USAGE', 'the request target is not a path');
  }
  return new URL(target, base);
}

/**
 * Refuses what a page of another origin made the browser send. Another port of this machine is the same
 * *site*, so its requests carry our SameSite cookie: only these checks keep them out.
 * https://web.dev/articles/fetch-metadata
 * @param own the origin that the request is for
 * @throws ChaperoneError `FORBIDDEN`
 */
export function refuseCrossOrigin(request: IncomingMessage, own: string, strict: boolean): void {
  const { origin, authorization } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const fromElsewhere =
    (origin !== undefined && origin !== own) ||
    (site !== undefined && site !== 'same-origin' && site !== 'none' && !isNavigation(request)) ||
    // What changes state or opens a socket must say where it comes from, unless a program sends it.
    (strict && origin === undefined && authorization === undefined);
  if (fromElsewhere) throw new ChaperoneError('FORBIDDEN', 'requests from other origins are refused');
}

function isNavigation(request: IncomingMessage): boolean {
  return (
    request.method === 'GET' &&
    request.headers['sec-fetch-mode'] === 'navigate' &&
    request.headers['sec-fetch-dest'] === 'document' &&
    !(request.url ?? '').startsWith('/api/')
  );
}
