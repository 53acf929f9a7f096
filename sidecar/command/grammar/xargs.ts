/** What xargs makes of its command: words from its input at the end, or in place of a marker. */
import { literalWord, unknownWord, type Word } from '../words/fields.ts';
import type { Options } from './options.ts';

export interface Appended {
  words: Word[];
  /** True where the words are those of the input, but not how many of them go to one command. */
  divided: boolean;
}

/** @param input what it reads, null where unknown */
export function appended(command: readonly Word[], options: Options, input: string | null): Appended {
  const flags = [...options.flags];
  const flag = flags.find((name) => /^(-[Ii]|--rep(l(a(ce?)?)?)?)$/.test(name));
  const text = flags.every((name) => READS_AS_EVER.has(name)) && isPlain(input) ? input : null;
  if (command.length > 0 && flag !== undefined) {
    return { words: filled(command, options.values.get(flag)?.value ?? '{}', text), divided: false };
  }
  const before = command.length === 0 ? [literalWord('echo')] : command;
  const words = text === null ? null : split(text);
  const divided = words !== null && flags.some((name) => !UNDIVIDED.has(name));
  return { words: [...before, ...(words ?? [unknownWord('xargs input')])], divided };
}

/** One word on one line is one command; of several lines each would be one of its own. */
function filled(command: readonly Word[], marker: string, text: string | null): Word[] {
  const item = marker === '' ? undefined : /^[ \t]*(\S+)\n?$/.exec(text ?? '')?.[1];
  return command.map((word) => {
    if (!word.value?.includes(marker)) return word;
    if (item === undefined) return { ...unknownWord(word.text), splits: false };
    return literalWord(word.value.replaceAll(marker, () => item));
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

function isPlain(text: string | null): boolean {
  return text !== null && !/["'\\\0]/.test(text);
}

function split(text: string): Word[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => literalWord(word));
}
