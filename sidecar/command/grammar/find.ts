/** The expression of `find`: where it starts, what narrows it, what it runs and whether it deletes. */

import { ANYWHERE, plainPath, quoteGlob, resolvePath } from '../../match/path.ts';
import { leadsOn } from '../files/links.ts';
import { LIMITS } from '../limits.ts';
import type { Scope } from '../scope.ts';
import type { Word } from '../words/fields.ts';

export interface Search {
  /** Path globs that cover what it finds, starting points included where nothing narrows the search. */
  reach: { path: string; recursive: boolean; certain: boolean }[];
  deletes: boolean;
  /** The commands of -exec, -execdir, -ok and -okdir, `{}` not yet replaced. */
  runs: Run[];
  /** Files that -fprint and its like write. */
  written: Word[];
}

interface Run {
  words: Word[];
  /** In the directory of what was found. */
  inPlace: boolean;
}

const RUNS = new Set(['-exec', '-execdir', '-ok', '-okdir']);
const NAMES = new Set(['-name', '-iname']);
const WRITES = new Set(['-fprint', '-fprint0', '-fls', '-fprintf']);
/** With these a test says what is left out, or is one of several. */
const WIDENING = new Set(['!', '-not', '-o', '-or', ',']);
/** Options and tests that leave all, or nearly all, of a tree in reach. */
const WIDE = new Set([
  '-type',
  '-xdev',
  '-mount',
  '-depth',
  '-d',
  '-maxdepth',
  '-mindepth',
  '-print',
  '-print0',
  '-ls',
  '-delete',
  '-ignore_readdir_race',
  '-noleaf',
  '-follow',
  '-daystart',
  '-true',
  '-not',
  '!',
  '(',
  ')',
  '-a',
  '-o',
  '-and',
  '-or',
  ',',
  '-warn',
  '-nowarn',
  '-prune',
  '-quit',
  '-writable',
  '-readable',
  '-xtype',
  '-regextype',
]);

export function readSearch(words: readonly Word[], scope: Scope): Search {
  let at = 1;
  while (/^-([HLPX]|O\d?|E|D.*)$/.test(words[at]?.value ?? '')) at += words[at]!.value === '-D' ? 2 : 1;
  const starts: Word[] = [];
  for (; at < words.length && !/^(-.|[!(),]$)/.test(words[at]!.value ?? ''); at++) starts.push(words[at]!);
  const { names, narrowed, ...rest } = readExpression(words.slice(at));
  // Where it starts is read from a file.
  if (words.some(({ value }) => value === '-files0-from'))
    return { reach: [{ path: `/${ANYWHERE}`, recursive: true, certain: false }], ...rest };
  const places = starts.length > 0 ? starts : [{ pattern: '.', splits: false, value: '.' }];
  if (places.length * Math.max(1, names.length) > LIMITS.reach) {
    return { reach: [{ path: `/${ANYWHERE}`, recursive: true, certain: false }], ...rest };
  }
  const reach = places.flatMap((start) => {
    const path = startOf(start.pattern, words, scope);
    const certain = start.value !== null && !path.includes('**');
    // How much a test leaves in reach is not known: perhaps all.
    if (narrowed)
      return [
        { path: join(path, '**/*'), recursive: false, certain },
        { path, recursive: true, certain: false },
      ];
    if (names.length === 0) return [{ path, recursive: true, certain }];
    return names.map((name) => ({ path: join(path, `**/${name}`), recursive: false, certain }));
  });
  return { reach, ...rest };
}

/** Where a search begins: a link is followed where it is told to (`-H`, `-L`), or what is spelled leads on through it. */
function startOf(pattern: string, words: readonly Word[], scope: Scope): string {
  const path = resolvePath(scope.cwd, pattern);
  if (scope.files === null) return path;
  const follows = words.some(({ value }) => value === '-H' || value === '-L' || value === '-follow');
  const plain = plainPath(leadsOn(pattern, null, scope) ?? (follows ? path : ''));
  const real = plain === null || plain === '' ? null : scope.files.follow(plain, true);
  return real === null ? path : quoteGlob(real);
}

function readExpression(words: readonly Word[]): {
  names: string[];
  narrowed: boolean;
  deletes: boolean;
  runs: Run[];
  written: Word[];
} {
  const found = {
    names: [] as string[],
    narrowed: false,
    deletes: false,
    runs: [] as Run[],
    written: [] as Word[],
  };
  for (let at = 0; at < words.length; at++) {
    const text = words[at]!.value;
    if (text === '-delete') found.deletes = true;
    else if (text !== null && NAMES.has(text)) {
      at++;
      // A quoted pattern is a glob for find itself.
      found.names.push((words[at]?.value ?? '*').replaceAll('/', '?'));
    } else if (text !== null && RUNS.has(text)) {
      let end = at + 1;
      while (end < words.length && !endsRun(words, end, words[end]!)) end++;
      found.runs.push({ words: words.slice(at + 1, end), inPlace: text.endsWith('dir') });
      at = end;
    } else if (text !== null && WRITES.has(text)) {
      at++;
      if (words[at]) found.written.push(words[at]!);
      if (text === '-fprintf') at++;
    } else if (text === null || (text.startsWith('-') && !WIDE.has(text))) {
      found.narrowed = true;
    }
  }
  if (words.some(({ value }) => value !== null && WIDENING.has(value))) {
    found.narrowed ||= found.names.length > 0;
    found.names = [];
  }
  return found;
}

/** `;` ends it always, `+` only right after `{}`. */
function endsRun(words: readonly Word[], place: number, word: Word): boolean {
  return word.value === ';' || (word.value === '+' && words[place - 1]!.value === '{}');
}

/** The commands that find runs, `{}` replaced by what it may find. */
export function findCommands(words: readonly Word[], scope: Scope): { runs: Run[]; whole: string | null } {
  const { runs, reach } = readSearch(words, scope);
  const path = reach.length === 1 ? reach[0]!.path : ANYWHERE;
  const filled = runs.map((run) => ({
    ...run,
    words: run.words.map((word, place) => given(word, place === 0 ? ANYWHERE : path)),
  }));
  return { runs: filled, whole: reach.length === 1 && reach[0]!.recursive ? path : null };
}

/** `{}` alone lies within reach of the search; in a longer word, or as the program, it is not known. */
function given(word: Word, reach: string): Word {
  if (!word.value?.includes('{}')) return word;
  if (word.value === '{}' && reach !== ANYWHERE) return { ...word, pattern: reach };
  return { ...word, value: null, pattern: ANYWHERE, splits: false };
}

function join(path: string, tail: string): string {
  return path === '/' ? `/${tail}` : `${path}/${tail}`;
}
