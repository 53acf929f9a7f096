/** The expression of `find`: where it starts, what narrows it, what it runs and whether it deletes. */

import { glob, overlap } from '../../../recorder/glob.ts';
import { ANYWHERE, basename, plainPath, quoteGlob, resolvePath } from '../../match/path.ts';
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
  /** An expansion may have added to the expression. */
  open: boolean;
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

/** Where it starts, and its expression. */
function parts(words: readonly Word[]): { starts: Word[]; expression: readonly Word[] } {
  let at = 1;
  while (/^-([HLPX]|O\d?|E|D.*)$/.test(words[at]?.value ?? '')) at += words[at]!.value === '-D' ? 2 : 1;
  const starts: Word[] = [];
  for (; at < words.length && !/^(-.|[!(),]$)/.test(words[at]!.value ?? ''); at++) starts.push(words[at]!);
  return { starts, expression: words.slice(at) };
}

/** Instead of the path alone, or to another file. */
const PRINTS_OTHERWISE = /^-(printf|ls|exec|execdir|ok|okdir|files0-from|fprint|fprint0|fprintf|fls)$/;

/** The paths that it prints, as it prints them; null where it prints something else as well. */
export function printedBySearch(words: readonly Word[]): { patterns: string[]; nul: boolean } | null {
  if (words.some(({ value }) => value === null || PRINTS_OTHERWISE.test(value))) return null;
  const { starts, expression } = parts(words);
  const { names, narrowed } = readExpression(expression);
  const places = starts.length > 0 ? starts.map(({ pattern }) => pattern) : ['.'];
  const wanted = narrowed || names.length === 0 ? [] : names;
  if (places.length * Math.max(1, wanted.length) > LIMITS.reach) return null;
  const patterns = places.flatMap((place) => {
    if (wanted.length === 0) return [join(place, '**')];
    return [...wanted.map((name) => join(place, `**/${name}`)), ...(isNamed(place, wanted) ? [place] : [])];
  });
  const nul =
    words.some(({ value }) => value === '-print0') && !words.some(({ value }) => value === '-print');
  return { patterns, nul };
}

/** Whether a starting point has one of the names itself. */
function isNamed(place: string, names: readonly string[]): boolean {
  const own = glob(basename(place));
  return names.some((name) => overlap(own, glob(name)));
}

export function readSearch(words: readonly Word[], scope: Scope): Search {
  const { starts, expression } = parts(words);
  const { names, narrowed, ...read } = readExpression(expression);
  const rest = { ...read, open: read.open || starts.slice(1).some(({ splits }) => splits) };
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
    const below = names.map((name) => ({ path: join(path, `**/${name}`), recursive: false, certain }));
    return isNamed(start.pattern, names) ? [...below, { path, recursive: true, certain }] : below;
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
  open: boolean;
} {
  const found = {
    names: [] as string[],
    narrowed: false,
    deletes: false,
    runs: [] as Run[],
    written: [] as Word[],
    open: words.some(({ splits }) => splits),
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
  const path = reach.length === 1 ? reach[0]!.path : coverOf(reach);
  const filled = runs.map((run) => ({
    ...run,
    words: run.words.map((word, place) => given(word, place === 0 ? ANYWHERE : path)),
  }));
  return { runs: filled, whole: reach.length === 1 && reach[0]!.recursive ? path : null };
}

/** All below the one place where it starts, whatever narrows it; anything where it starts at several. */
function coverOf(reach: Search['reach']): string {
  const whole = reach.find(({ recursive }) => recursive)?.path;
  const covers =
    whole !== undefined && reach.every(({ path }) => path === whole || path.startsWith(`${join(whole, '')}`));
  return covers ? join(whole, ANYWHERE) : ANYWHERE;
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
