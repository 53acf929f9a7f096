/**
 * The built player, read whole at start: what is not in that list cannot be asked for, so there is no path
 * to traverse. It is small (a few hundred KB).
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { sendText } from './reply.ts';

interface Asset {
  type: string;
  bytes: Buffer;
  /** Compressed at start; null where that gains nothing. */
  gzipped: Buffer | null;
  etag: string;
  /** Vite puts a hash of the content into these names: they never change. */
  immutable: boolean;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};
const COMPRESSIBLE = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest', '.wasm', '.txt']);
const HASHED_NAME = /[-.][\w-]{8,}\.\w+$/;

export class Assets {
  readonly #assets: Map<string, Asset>;

  private constructor(assets: Map<string, Asset>) {
    this.#assets = assets;
  }

  /** Reads every file under `directory`; an absent directory is a server without a page. */
  static async load(directory: string | null): Promise<Assets> {
    const assets = new Map<string, Asset>();
    if (directory === null) return new Assets(assets);
    const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
    await Promise.all(
      entries
        .filter((entry) => entry.isFile() && extname(entry.name) in TYPES)
        .map(async (entry) => {
          const file = join(entry.parentPath, entry.name);
          const path = `/${relative(directory, file).split(sep).join('/')}`;
          assets.set(path, await readAsset(file, path));
        }),
    );
    return new Assets(assets);
  }

  /** True if it answered: with the file, or with the page for an address that the page itself routes. */
  serve(request: IncomingMessage, response: ServerResponse, pathname: string): boolean {
    const asset = this.#assets.get(pathname) ?? this.#page(request, pathname);
    if (asset === undefined) return false;
    send(request, response, asset);
    return true;
  }

  #page(request: IncomingMessage, pathname: string): Asset | undefined {
    if (pathname === '/') return this.#assets.get('/index.html');
    const isFile = extname(pathname) !== '';
    const wantsPage = (request.headers.accept ?? '').includes('text/html');
    return wantsPage && !isFile && !pathname.startsWith('/api/')
      ? this.#assets.get('/index.html')
      : undefined;
  }
}

async function readAsset(file: string, path: string): Promise<Asset> {
  const bytes = await readFile(file);
  const extension = extname(path);
  const gzipped = COMPRESSIBLE.has(extension) ? await promisify(gzip)(bytes, { level: 6 }) : null;
  return {
    type: TYPES[extension]!,
    bytes,
    gzipped: gzipped !== null && gzipped.length < bytes.length * 0.9 ? gzipped : null,
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    immutable: path.startsWith('/assets/') && HASHED_NAME.test(path),
  };
}

function send(request: IncomingMessage, response: ServerResponse, asset: Asset): void {
  response.setHeader(
    'Cache-Control',
    asset.immutable ? 'private, max-age=31536000, immutable' : 'private, no-cache',
  );
  response.setHeader('ETag', asset.etag);
  response.setHeader('Vary', 'Accept-Encoding, Cookie');
  if (request.headers['if-none-match'] === asset.etag) {
    response.statusCode = 304;
    response.end();
    return;
  }
  const compressed = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')) ? asset.gzipped : null;
  if (compressed !== null) response.setHeader('Content-Encoding', 'gzip');
  const body = compressed ?? asset.bytes;
  response.setHeader('Content-Type', asset.type);
  response.setHeader('Content-Length', body.length);
  response.end(body);
}

/** HTML in parts; what others wrote in it is escaped. */
export interface OwnPage {
  title: string;
  head?: string;
  body: string;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A page of our own words, where the player cannot be shown: no script, no link that leaves. */
export function sendPage(response: ServerResponse, status: number, page: OwnPage): void {
  response.setHeader(
    'Content-Security-Policy',
    `default-src 'none'; style-src '${STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
  );
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${page.head ?? ''}<title>${page.title}</title><style>${STYLE}</style></head><body><main>${BRAND}${page.body}</main></body></html>`;
  sendText(response, status, html, 'text/html');
}

/** The mark of player/ui/header.tsx. */
const BRAND =
  '<p class="brand"><svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true"><rect width="32" height="32" rx="7" fill="#2f4b7c"/><path d="M8 10l6 6-6 6" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/><circle cx="21.5" cy="21" r="3.5" fill="#ff7a6b"/></svg> Chaperone</p>';
/** The colours of player/styles/tokens.css. */
const STYLE = [
  ':root{color-scheme:light dark}',
  'body{font:16px/1.6 system-ui,sans-serif;margin:0;padding:16px;box-sizing:border-box;display:grid;place-items:center;min-height:100vh;background:light-dark(#f5f6f8,#101318);color:light-dark(#1b2027,#e3e7ed)}',
  'main{max-width:30rem;padding:2rem;border:1px solid light-dark(#dfe3e8,#2a313b);border-radius:10px;background:light-dark(#fff,#171b21)}',
  '.brand{display:flex;align-items:center;gap:9px;margin:0 0 1.25rem;font-weight:650}',
  'h1{margin:0 0 .5rem;font-size:1.25rem;line-height:1.3}p{margin:.5rem 0 0}',
  '.button{display:inline-block;margin-top:.75rem;padding:.45rem 1rem;border-radius:6px;background:light-dark(#2a55a0,#8fb4f5);color:light-dark(#fff,#10203c);font-weight:600;text-decoration:none;overflow-wrap:anywhere}',
  '.button:focus-visible{outline:2px solid light-dark(#2a55a0,#8fb4f5);outline-offset:2px}',
  'p,h1{overflow-wrap:anywhere}a:not(.button){color:light-dark(#2a55a0,#8fb4f5)}',
  'code{font-family:ui-monospace,monospace;font-size:.93em;padding:.1em .3em;border-radius:.25em;background:#8883}',
].join('');
const STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;
