/** What xargs makes of its command: words from its input at the end, or in place of a marker. */
import { quoteGlob } from '../../match/path.ts';
import { type Listing, pathWords, unnamed } from '../code/listing.ts';
import { literalWord, unknownWord, type Word } from '../words/fields.ts';
import type { Options } from './options.ts';

export interface Appended {
  words: Word[];
  /** True where the words are those of the input, but not how many of them go to one command. */
  divided: boolean;
}

/** What it reads, as far as that is known: its text, or that it is paths. */
export interface Fed {
  text: string | null;
  paths: Listing | null;
}

export function appended(command: readonly Word[], options: Options, { text, paths }: Fed): Appended {
  const flags = [...options.flags];
  const flag = flags.find((name) => /^(-[Ii]|--rep(l(a(ce?)?)?)?)$/.test(name));
  const known = flags.every((name) => READS_AS_EVER.has(name)) && isPlain(text) ? text : null;
  if (command.length > 0 && flag !== undefined) {
    const marker = options.values.get(flag)?.value ?? '{}';
    return {
      words: filled(command, marker, { text: known, paths: pathsFor(options, paths) }),
      divided: false,
    };
  }
  const before = command.length === 0 ? [literalWord('echo')] : command;
  const words = known === null ? null : split(known);
  const divided = words !== null && flags.some((name) => !UNDIVIDED.has(name));
  return { words: [...before, ...(words ?? fed(before, options, paths))], divided };
}

function fed(command: readonly Word[], options: Options, paths: Listing | null): Word[] {
  const usable = pathsFor(options, paths);
  const word = unknownWord('xargs input');
  return (usable && pathWords(command, usable, word)) ?? [word];
}

/** Not where its words come from a file, or end otherwise than their names do. */
function pathsFor({ flags }: Options, paths: Listing | null): Listing | null {
  if (paths === null || [...flags].some((name) => !READS_PATHS.has(name))) return null;
  return { ...paths, nul: paths.nul && (flags.has('-0') || flags.has('--null')) };
}

/** One word on one line is one command; of several lines each would be one of its own. */
function filled(command: readonly Word[], marker: string, { text, paths }: Fed): Word[] {
  const item = marker === '' ? undefined : /^[ \t]*(\S+)\n?$/.exec(text ?? '')?.[1];
  const [only, ...more] = paths?.patterns ?? [];
  return command.map((word, place) => {
    if (!word.value?.includes(marker)) return word;
    if (item !== undefined) return literalWord(word.value.replaceAll(marker, () => item));
    const unknown = { ...unknownWord(word.text), splits: false };
    if (only === undefined || more.length > 0 || place === 0) return unknown;
    // Where a path that may begin with a dash begins the word, it may be an option.
    if (!paths!.rooted && word.value.startsWith(marker)) return unknown;
    const pattern = word.pattern.replaceAll(quoteGlob(marker), () => only);
    return { ...unknown, pattern, ...unnamed(pattern) };
  });
}

/** Options that change nothing of which words go together. */
const UNDIVIDED = new Set([
  ...['-P', '--max-procs', '-p', '--interactive', '-r', '--no-run-if-empty', '-t', '--verbose'],
  ...['-o', '--open-tty', '--process-slot-var'],
]);

/** Options that change nothing of what is read (`-a` and `-0` do) and where its words end (`-d`). */
const READS_AS_EVER = new Set([
  ...UNDIVIDED,
  ...['-I', '-i', '--replace', '-n', '--max-args', '-L', '--max-lines', '-s', '--max-chars', '-x', '--exit'],
]);

const READS_PATHS = new Set([...READS_AS_EVER, '-0', '--null']);

function isPlain(text: string | null): boolean {
  return text !== null && !/["'\\\0]/.test(text);
}

function split(text: string): Word[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => literalWord(word));
}
