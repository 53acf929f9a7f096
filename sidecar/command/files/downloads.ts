/** curl and wget: files that they read, and what they save, also under a name that they take from the address. */
import type { Touch } from '../../action.ts';
import { ANYWHERE, quoteGlob } from '../../match/path.ts';
import { OPERANDS, type Operands } from '../grammar/operands.ts';
import { LIMITS } from '../limits.ts';
import type { Scope } from '../scope.ts';
import { option } from '../tools/arguments.ts';
import { anySet, urlsIn } from '../tools/http/client.ts';
import { curlOperations } from '../tools/http/curl.ts';
import { HOLE, type Url } from '../tools/http/url.ts';
import { wgetArguments } from '../tools/http/wget.ts';
import { literalWord, type Word } from '../words/fields.ts';
import { byOperands } from './operand-touches.ts';
import { anyFile, naming, touch, unnamedBelow } from './touch.ts';

/** Options of curl with a file, whole or after a sign: `-d @file`, `-F name=@file`. */
const CURL: Operands = {
  short: 'AbcCdDeEFHhKmPQrtuUwxXyYz',
  options: {
    ...{ '-o': 'writes', '--output': 'writes', '-D': 'writes', '--dump-header': 'writes', '-c': 'writes' },
    ...{ '--cookie-jar': 'writes', '--trace': 'writes', '--trace-ascii': 'writes', '--stderr': 'writes' },
    ...{ '--libcurl': 'writes', '--etag-save': 'writes', '--hsts': 'writes', '--alt-svc': 'writes' },
    ...{ '-T': 'reads', '--upload-file': 'reads', '-K': 'reads', '--config': 'reads' },
    ...{ '--netrc-file': 'reads', '-E': 'reads', '--cert': 'reads', '--key': 'reads' },
  },
};

export function transferred(words: readonly Word[], scope: Scope): Touch[] {
  const sent = words.slice(1).flatMap((word) => {
    const found = /^(?:(?:-[A-Za-z]*[dF]|--[a-z-]+=)?(?:[^@]*=)?[@<])(.*)/s.exec(word.pattern);
    if (found === null || found[1] === '' || found[1] === '-') return [];
    return [touch('reads', { ...word, pattern: found[1]!.replace(/;.*/s, '') }, scope)];
  });
  return [...byOperands(words, CURL, scope), ...sent, ...savedByCurl(words, scope)];
}

function savedByCurl(words: readonly Word[], scope: Scope): Touch[] {
  const touches: Touch[] = [];
  for (const args of curlOperations(words.slice(1))) {
    const { options, operands, rest } = args;
    const named = [...(options.get('url') ?? []), ...operands, ...(rest ?? [])];
    const urls = named.flatMap((word) => urlsIn(word, !anySet(args, ['globoff'])));
    touches.push(...urls.flatMap((url) => localFile(url, scope)));
    const directory = options.get('output-dir')?.at(-1);
    const outputs = directory === undefined ? [] : (options.get('output') ?? []);
    touches.push(...outputs.map((word) => saved(directory, word.pattern, scope)));
    if (!anySet(args, ['remote-name', 'O', 'remote-name-all'])) continue;
    const unsaid =
      anySet(args, ['remote-header-name', 'J', 'config']) || args.open || urls.length > LIMITS.named;
    if (unsaid) touches.push(saved(directory, null, scope));
    else touches.push(...urls.map((url) => saved(directory, nameIn(url, false), scope)));
  }
  return touches;
}

/** What a URL names on this machine: `file://localhost/%65tc/…`. https://www.rfc-editor.org/rfc/rfc8089 */
function localFile({ scheme, host, target }: Url, scope: Scope): Touch[] {
  // `file:/path` has no authority, so that it is read as a host.
  const rooted = scheme === '' && host === 'file' ? target : null;
  if (scheme !== 'file' && rooted === null) return [];
  if (target.includes(HOLE) || target === '') return [anyFile('reads')];
  return [touch('reads', literalWord(decoded(target.replace(/\?.*/s, ''))), scope)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The name that a file gets by its address; null where only its server says it. */
function nameIn({ target }: Url, query: boolean): string | null {
  if (target.includes(HOLE)) return null;
  const [path, ...rest] = target.split('?');
  const last = path!.slice(path!.lastIndexOf('/') + 1);
  if (last === '') return query ? 'index.html' : null;
  return quoteGlob(query ? [last, ...rest].join('?') : last);
}

function saved(directory: Word | undefined, name: string | null, scope: Scope): Touch {
  const place = directory ?? literalWord('.');
  if (name === null || name.includes(ANYWHERE)) return unnamedBelow(place, scope);
  return touch('writes', naming(place, null, `${place.pattern}/${name}`), scope);
}

export function fetched(words: readonly Word[], scope: Scope): Touch[] {
  const touches = byOperands(words, OPERANDS.get('wget')!, scope);
  const args = wgetArguments(words);
  if (anySet(args, ['help', 'version', 'spider']) || args.options.has('output-document')) return touches;
  const directory = args.options.get('directory-prefix')?.at(-1);
  const recurses = ['recursive', 'r', 'mirror', 'm', 'page-requisites', 'p', 'force-directories', 'x'];
  const said = [
    'content-disposition',
    'trust-server-names',
    'input-file',
    'i',
    'execute',
    'restrict-file-names',
  ];
  const unsaid = args.open || anySet(args, recurses) || said.some((name) => args.options.has(name));
  const urls = [...args.operands, ...(args.rest ?? [])].flatMap((word) => urlsIn(word, false));
  if (unsaid || urls.length > LIMITS.named || option(args, 'default-page') !== undefined)
    return [...touches, saved(directory, null, scope)];
  return [...touches, ...urls.map((url) => saved(directory, nameIn(url, true), scope))];
}
