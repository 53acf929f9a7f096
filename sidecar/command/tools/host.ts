/** The host in a word of a command: of a URL, or by itself. Pure. */
import type { Word } from '../words/fields.ts';
import type { Known } from './known.ts';

/** What a word certainly begins with. A `?` of a URL is a glob to the shell, and hardly ever matches a file. */
export function headOf({ value, pattern }: Word): { text: string; whole: boolean } {
  if (value !== null) return { text: value, whole: true };
  const open = /(^|[^\\])(\\\\)*[*?[]/.exec(pattern);
  const head = open === null ? pattern : pattern.slice(0, open.index + open[0].length - 1);
  return { text: head.replace(/\\(.)/g, '$1'), whole: false };
}

/**
 * The host of the URL that a word is: none where it is no URL, null where it is computed.
 * `scheme://user@host:port/path`: https://www.rfc-editor.org/rfc/rfc3986#section-3.2
 */
export function urlHosts(word: Word): Known[] {
  const { text, whole } = headOf(word);
  const start = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.exec(text);
  if (start === null) return whole || /^[./~-]|^[\w.-]+\//.test(text) ? [] : [null];
  const rest = text.slice(start[0].length);
  const end = rest.search(/[/?#\\]/);
  return [end < 0 && !whole ? null : hostIn(end < 0 ? rest : rest.slice(0, end))];
}

/** `user@host:port`, as it stands between the slashes of a URL; null where there is none. */
export function hostIn(authority: string): Known {
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const plain = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d*$/, '');
  return /^[\w.:%-]+$/.test(plain) ? plain.toLowerCase().replace(/\.$/, '') : null;
}
