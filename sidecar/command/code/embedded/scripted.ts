/** awk, sed and editors: what their scripts run. */
import { readOptions } from '../../grammar/options.ts';
import type { Word } from '../../words/fields.ts';
import { readAwk } from '../awk.ts';
import { readSed } from '../sed.ts';
import { inputOf, isInput, type Place, readAll, readCode } from './place.ts';

const AWK = {
  short: 'FfveilEW',
  long: ['field-separator', 'file', 'assign', 'source', 'include', 'load', 'exec'],
};

/** What its words say of an awk's programs: those in them, the files that hold others, and where its operands begin. */
export function awkScripts(words: readonly Word[]): { inline: Word[]; files: Word[]; operand: number } {
  const { given, operand } = readOptions(words, AWK);
  const of = (flags: RegExp) => given.flatMap(([flag, word]) => (flags.test(flag) ? [word] : []));
  const inline = of(/^(-e|--source)$/);
  const files = of(/^(-[flE]|--file|--load|--exec)$/);
  const included = of(/^(-i|--include)$/).filter(({ value }) => value !== INPLACE);
  const first = words[operand];
  const isProgram = inline.length + files.length === 0;
  if (isProgram && first !== undefined) inline.push(first);
  return { inline, files: [...files, ...included], operand: isProgram ? operand + 1 : operand };
}

/** gawk's own library for writing what it reads. */
export const INPLACE = 'inplace';

export function awk(words: readonly Word[], at: Place): void {
  const { inline, files } = awkScripts(words);
  for (const word of inline) readCode(at, word, (code) => readAwk(code).commands);
  for (const word of files) {
    if (isInput(word)) readCode(at, inputOf(at), (code) => readAwk(code).commands);
    else unseen(at, word.text);
  }
}

function unseen({ found, program }: Place, text: string): void {
  found.doubt('unreadable-script', `${program} runs a script whose text is not seen here`, text);
}

const SED = { short: 'efl', attached: 'i', long: ['expression', 'file', 'line-length'] };

/** A sed's scripts, in its words and in files; in its sandbox it runs and opens nothing. */
export function sedScripts(words: readonly Word[]): { inline: readonly Word[]; files: readonly Word[] } {
  const { flags, values, operand } = readAll(words, SED);
  if (flags.has('--sandbox')) return { inline: [], files: [] };
  const inline = ['-e', '--expression'].flatMap((name) => values.get(name) ?? []);
  const files = ['-f', '--file'].flatMap((name) => values.get(name) ?? []);
  const first = words[operand];
  return { inline: inline.length + files.length > 0 || !first ? inline : [first], files };
}

export function sed(words: readonly Word[], at: Place): void {
  const { inline, files } = sedScripts(words);
  for (const word of inline) readCode(at, word, (code) => readSed(code).commands);
  for (const word of files) unseen(at, word.text);
}

/** Another file that a command of ex writes or reads, which only words are asked for. */
const LEADS_OUT = /^[\s:\d%$,.]*(w|wq|x|sav\w*|up\w*|e|edit|r|read|so\w*)!?\s+[^!]*[/~]/;

/** In place of a start-up file: none. */
const BARE = /^(NONE|NORC|DEFAULTS)$/;

/** `-c`, `+` and `--cmd` give commands of the editor; `!` in them one of a shell. */
export function editor(words: readonly Word[], at: Place): void {
  words.forEach(({ value }, place) => {
    const next = words[place + 1];
    if (/^-[a-zA-Z]*c$/.test(value ?? '') || value === '--cmd') readCode(at, next, exCommands);
    else if (value === '-u' && BARE.test(next?.value ?? '')) return;
    else if (value === '-S' || value === '-s' || value === '-u') unseen(at, value);
    else if (value?.startsWith('+')) readCode(at, { ...words[place]!, value: value.slice(1) }, exCommands);
  });
  // Without a screen it reads its commands from the input.
  const silent = words.some(({ value }) => /^-(es|e|E|Es|s)$/.test(value ?? '')) || at.program === 'ex';
  if (
    silent &&
    (at.scope.input.kind === 'pipe' || at.scope.input.kind === 'here' || at.scope.input.kind === 'file')
  )
    readCode(at, inputOf(at), (text) =>
      text.split('\n').flatMap((line) => (LEADS_OUT.test(line) ? [null] : exCommands(line))),
    );
}

/** What of an editor's command line is known to run nothing. */
const HARMLESS_EX =
  /^[\s:]*(\d*|[\d%$,.' ]*(s|g|v|d|j|m|t|y|normal?)\b[^|!]*|se(t|tlocal)?\b[^|]*|(w|wq|q|qa|wqa|x|e|edit|sp|vs|n|b|colo\w*|syn\w*|filetype|noh\w*)!?( [^|!`]*)?|\/[^|]*)$/;

function exCommands(code: string): (string | null)[] {
  const shell =
    /^[\s:]*(?:[\d%$,.']*|silent!? |r(?:ead)?\s*|w(?:rite)?\s+|ter(?:minal)?\s+|exe\w*\s+["'])*!(.*)$/s.exec(
      code,
    );
  if (shell !== null) return [shell[1]!.replace(/["']\s*$/, '')];
  return HARMLESS_EX.test(code) ? [] : [null];
}
