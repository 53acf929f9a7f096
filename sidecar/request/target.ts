/**
 * The target of a request, read the way Go's net/url does and written again from what was read, so that what is
 * forwarded is what was judged. Pure.
 *
 *     /api/v1/namespaces/shop/pods/web/exec?command=ls&stdin=true
 *     └────────────── segments ───────────┘ └───── parameters ───┘
 *
 * https://www.rfc-editor.org/rfc/rfc9112#section-3.2.1 (origin form), https://pkg.go.dev/net/url#ParseQuery
 */
import { Unfit } from './refusal.ts';

/** Bytes of a request target; an exec carries its whole command line in it. */
export const MAX_TARGET = 256 * 1024;

export type Parameter = readonly [name: string, value: string];

export interface Target {
  /** Decoded, none of them empty. */
  segments: readonly string[];
  /** A slash behind the last segment. */
  trailing: boolean;
  /** Decoded, in order. */
  parameters: readonly Parameter[];
}

/** What no segment contains once decoded: separators of any system, what could be decoded again, what cannot be seen. */
const HIDDEN = /[/\\%\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u;

/** @throws Unfit */
export function parseTarget(raw: string): Target {
  if (raw.length > MAX_TARGET)
    throw new Unfit('target-length', `the request target exceeds ${MAX_TARGET} bytes`);
  if (!raw.startsWith('/') || !/^[!-~]*$/.test(raw) || raw.includes('#')) {
    throw new Unfit('target-form', 'the request target has to be a path and a query, percent-encoded');
  }
  const question = raw.indexOf('?');
  const path = question < 0 ? raw : raw.slice(0, question);
  return { ...parsePath(path), parameters: question < 0 ? [] : parseQuery(raw.slice(question + 1)) };
}

function parsePath(path: string): Pick<Target, 'segments' | 'trailing'> {
  if (path === '/') return { segments: [], trailing: false };
  const trailing = path.endsWith('/');
  const segments = path
    .slice(1, trailing ? -1 : undefined)
    .split('/')
    .map(decodeSegment);
  return { segments, trailing };
}

/** Stands for itself, in a path and in a query. */
const PLAIN = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

function decodeSegment(raw: string): string {
  if (PLAIN.test(raw)) return raw;
  const segment = decoded(raw, 'path-encoding');
  if (segment === '' || segment === '.' || segment === '..') {
    throw new Unfit(
      'path-segment',
      'a segment of the path is empty, or `.`, or `..`: name the resource directly',
    );
  }
  if (HIDDEN.test(segment)) {
    throw new Unfit(
      'path-segment',
      'a segment of the path hides a slash, a percent sign or a control character',
    );
  }
  return segment;
}

function parseQuery(raw: string): Parameter[] {
  if (raw.includes(';')) throw new Unfit('query-encoding', 'a semicolon in the query: write it as %3B');
  const parameters = raw.split('&').filter((pair) => pair !== '');
  return parameters.map((pair) => {
    const equals = pair.indexOf('=');
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    return [formDecoded(name), formDecoded(value)];
  });
}

function formDecoded(raw: string): string {
  if (PLAIN.test(raw)) return raw;
  const text = decoded(raw.replaceAll('+', '%20'), 'query-encoding');
  if (text.includes('\0')) throw new Unfit('query-encoding', 'a NUL in the query');
  return text;
}

function decoded(raw: string, code: 'path-encoding' | 'query-encoding'): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new Unfit(code, 'a percent-encoding in the request target is broken, or not UTF-8');
  }
}

/** The target as it is forwarded; parsing it gives the same target. */
export function serialiseTarget({ segments, trailing, parameters }: Target): string {
  const path = segments.map((segment) => `/${encodeSegment(segment)}`).join('');
  const query = parameters.map(([name, value]) => `${formEncoded(name)}=${formEncoded(value)}`).join('&');
  return `${path}${trailing || path === '' ? '/' : ''}${query === '' ? '' : `?${query}`}`;
}

function encodeSegment(segment: string): string {
  return PLAIN.test(segment) ? segment : encodeURIComponent(segment).replaceAll('%3A', ':');
}

function formEncoded(text: string): string {
  if (PLAIN.test(text)) return text;
  return encodeURIComponent(text).replaceAll('%20', '+');
}

/** The path as it is shown and matched by policies: decoded. */
export function pathOf({ segments, trailing }: Pick<Target, 'segments' | 'trailing'>): string {
  return `/${segments.join('/')}${trailing ? '/' : ''}`;
}
