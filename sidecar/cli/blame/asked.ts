/** What a person means by `deployment/web`, a UID, a path, a session, or a command. Pure. */
import { posix } from 'node:path';
import type { BlameQuery } from '../../../recorder/attribution/query.ts';
import { ChaperoneError } from '../../../recorder/errors.ts';
import { kindsNamed } from '../../command/tools/kubectl/kinds.ts';
import { requestInfo } from '../../request/request-info.ts';
import { parseTarget } from '../../request/target.ts';
import { isWholeId } from '../evidence.ts';

export const KINDS = ['object', 'file', 'command', 'session'] as const;

export interface Meant {
  /** Said by the person; null is to be told from the words. */
  kind: (typeof KINDS)[number] | null;
  namespace: string | null;
  cwd: string;
  home: string | null;
  /** Whether there is a file of this name. */
  isFile: (path: string) => boolean;
}

const UID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @throws ChaperoneError `USAGE` where the kind that was said does not fit the words */
export function askedFor(words: readonly string[], meant: Meant): BlameQuery {
  const [first = ''] = words;
  const text = words.join(' ');
  switch (meant.kind) {
    case 'object':
      return objectIn(words, meant, true) ?? objectless(text);
    case 'file':
      return { kind: 'file', path: absolute(text, meant) };
    case 'command':
      return { kind: 'command', text };
    case 'session':
      return sessionIn(first) ?? sessionless(text);
    case null:
      return told(words, text, meant);
  }
}

function told(words: readonly string[], text: string, meant: Meant): BlameQuery {
  const [first = ''] = words;
  const alone = words.length === 1;
  const session = alone ? sessionIn(first) : null;
  if (session !== null) return session;
  // With blanks in it, it is a file where there is one; a command of that form is likelier.
  const isPath = alone && /^(\.{0,2}|~)\//.test(text) && !/^\/apis?\//.test(text);
  if (isPath && (!/\s/.test(text) || meant.isFile(text)))
    return { kind: 'file', path: absolute(text, meant) };
  const object = objectIn(words, meant, false);
  if (object !== null) return object;
  // A file that is gone is asked about, too.
  if (alone && (meant.isFile(text) || /^[^\s]+\/[^\s]*$|^[^\s/]+\.[A-Za-z0-9]+$/.test(text)))
    return { kind: 'file', path: absolute(text, meant) };
  return { kind: 'command', text };
}

/** @param surely whether what is no known kind is taken for one of somebody's own */
function objectIn(words: readonly string[], { namespace }: Meant, surely: boolean): BlameQuery | null {
  const [first = '', second] = words;
  if (words.length === 1 && UID.test(first)) return { kind: 'uid', uid: first.toLowerCase() };
  if (words.length === 1 && /^\/apis?\//.test(first)) return inPath(first);
  const slash = first.indexOf('/');
  const [kind, name] =
    words.length === 2 ? [first, second!] : [first.slice(0, slash), first.slice(slash + 1)];
  if (words.length > 2 || (words.length === 1 && slash < 1) || name === '' || name.includes('/')) return null;
  const [known] = kindsNamed(kind);
  const named = kind.toLowerCase().split('.')[0]!;
  if (known?.resource != null) {
    const { group, resource, namespaced } = known;
    return { kind: 'object', group, resource, namespace: namespaced === false ? '' : namespace, name };
  }
  if (!surely && !/^[a-z]+\.[a-z0-9.-]+$/i.test(kind)) return null;
  const resource = named.endsWith('s') ? named : `${named}s`;
  return { kind: 'object', group: null, resource, namespace, name };
}

/** `/apis/apps/v1/namespaces/shop/deployments/web`. */
function inPath(path: string): BlameQuery | null {
  try {
    const { group, resource, namespace, name } = requestInfo('GET', parseTarget(path));
    if (resource === '' || name === '') return null;
    return { kind: 'object', group, resource, namespace: resource === 'namespaces' ? '' : namespace, name };
  } catch {
    return null;
  }
}

/** `ID`, `ID#seq`. */
function sessionIn(text: string): BlameQuery | null {
  const [id = '', seq, more] = text.split('#');
  if (!isWholeId(id) || more !== undefined) return null;
  if (seq === undefined) return { kind: 'event', session: id.toUpperCase(), seq: null };
  return /^\d{1,9}$/.test(seq) ? { kind: 'event', session: id.toUpperCase(), seq: Number(seq) } : null;
}

function absolute(path: string, { cwd, home }: Meant): string {
  const own = home !== null && /^~(\/|$)/.test(path) ? `${home}${path.slice(1)}` : path;
  return posix.resolve(cwd, own);
}

function objectless(text: string): never {
  throw new ChaperoneError(
    'USAGE',
    `${text} names no object: write deployment/web, a UID, or a path of the API`,
  );
}

function sessionless(text: string): never {
  throw new ChaperoneError(
    'USAGE',
    `${text} is no session: write its whole id, or ID#SEQ for one event of it`,
  );
}
