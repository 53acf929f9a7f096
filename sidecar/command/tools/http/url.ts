/** A word of a command as a URL, as far as it is known before it runs. Pure. */
import type { Word } from '../../words/fields.ts';
import { hostIn } from '../host.ts';
import type { Known } from '../known.ts';

export interface Url {
  /** Lower case; empty where it has none. */
  scheme: string;
  /** Null where it is computed. */
  host: Known;
  /** Empty where it says none. */
  port: string;
  /** Path and query, with {@link HOLE} for each part that is computed. */
  target: string;
  /** It is the address of the API server that every Pod is told: `$KUBERNETES_SERVICE_HOST`. */
  inCluster: boolean;
}

/** Stands in a target for what is computed; nothing that is written in a URL contains it. */
export const HOLE = '\u{e000}';

/** `scheme://authority/path?query#fragment`: https://www.rfc-editor.org/rfc/rfc3986#appendix-B */
const PARTS = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?([^/?#]*)([^#]*)/;

/** Alternatives of one word that are looked at. */
const MOST = 64;

export function urlOf(word: Word): Url {
  return parseUrl(holed(word), /KUBERNETES_(SERVICE_HOST|PORT\b)/.test(word.text));
}

/** A question mark and brackets without quotes are globs to the shell, but hardly ever match a file where a URL stands. */
function holed({ value, pattern }: Word): string {
  return value ?? pattern.replace(/\\(.)|\*+/gs, (_, quoted?: string) => quoted ?? HOLE);
}

export function parseUrl(text: string, inCluster = false): Url {
  const [, scheme = '', authority = '', target = ''] = PARTS.exec(text)!;
  const host =
    authority.includes(HOLE) && !isPortOnly(authority) ? null : hostIn(authority.replace(HOLE, ''));
  const port = /:(\d+)$/.exec(authority)?.[1] ?? '';
  return { scheme: scheme.toLowerCase(), host: host && canonical(host), port, target, inCluster };
}

/** `host:$PORT`: the host is known. */
function isPortOnly(authority: string): boolean {
  return new RegExp(`^[^${HOLE}]+:${HOLE}$`).test(authority);
}

/** An address in its usual form: `127.1` and `0x7f.0.0.1` are one. */
function canonical(host: string): string {
  if (!/^[\da-fx.]+$/.test(host) || !/\d/.test(host)) return host;
  const url = URL.parse(`http://${host}/`);
  return url === null ? host : url.hostname;
}

/** curl's own globs, `{a,b}` and `[1-3]`: https://curl.se/docs/url-syntax.html. Null where they are too many. */
export function expanded(text: string): string[] | null {
  const group = /\{([^{}]*)\}|\[(\d+)-(\d+)(?::(\d+))?\]|\[([a-z])-([a-z])\]/i.exec(text);
  if (group === null) return [text];
  const parts = partsOf(group);
  if (parts === null) return null;
  const rests = expanded(text.slice(group.index + group[0].length));
  if (rests === null || rests.length * parts.length > MOST) return null;
  const before = text.slice(0, group.index);
  return parts.flatMap((part) => rests.map((rest) => `${before}${part}${rest}`));
}

function partsOf([, list, from, to, step = '1', first, last]: RegExpExecArray): string[] | null {
  if (list !== undefined) return list.split(',');
  const start = first?.charCodeAt(0) ?? Number(from);
  const end = last?.charCodeAt(0) ?? Number(to);
  const count = Math.floor((end - start) / Math.max(1, Number(step))) + 1;
  if (!(count > 0 && count <= MOST)) return null;
  return Array.from({ length: count }, (_, at) => {
    const value = start + at * Math.max(1, Number(step));
    return first === undefined ? String(value).padStart(from!.length, '0') : String.fromCharCode(value);
  });
}
