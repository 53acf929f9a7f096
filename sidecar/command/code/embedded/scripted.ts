/** awk, sed and editors: what their scripts run. */
import { readOptions } from '../../grammar/options.ts';
import type { Word } from '../../words/fields.ts';
import { awkCommands } from '../awk.ts';
import { sedCommands } from '../sed.ts';
import { inputOf, isInput, type Place, readAll, readCode } from './place.ts';

export function awk(words: readonly Word[], at: Place): void {
  const { flags, values, operand } = readOptions(words, {
    short: 'FfveilEW',
    long: ['field-separator', 'file', 'assign', 'source', 'include', 'load', 'exec'],
  });
  for (const name of ['-e', '--source']) readCode(at, values.get(name), awkCommands);
  for (const name of ['-l', '--load', '-E', '--exec', '-i', '--include'])
    if (values.get(name) && values.get(name)!.value !== 'inplace')
      at.found.doubt(
        'unreadable-script',
        `${at.program} runs a script whose text is not seen here`,
        at.program,
      );
  const file = values.get('-f') ?? values.get('--file');
  if (file && !isInput(file))
    at.found.doubt('unreadable-script', `${at.program} runs a script whose text is not seen here`, file.text);
  else if (file) readCode(at, inputOf(at), awkCommands);
  if (!file && !flags.has('-e') && !flags.has('--source')) readCode(at, words[operand], awkCommands);
}

export function sed(words: readonly Word[], at: Place): void {
  const { flags, values, operand } = readAll(words, {
    short: 'efl',
    attached: 'i',
    long: ['expression', 'file', 'line-length'],
  });
  // In its sandbox it runs and writes nothing.
  if (flags.has('--sandbox')) return;
  for (const name of ['-e', '--expression'])
    for (const word of values.get(name) ?? []) readCode(at, word, sedCommands);
  for (const name of ['-f', '--file'])
    for (const word of values.get(name) ?? [])
      at.found.doubt('unreadable-script', 'sed runs a script whose text is not seen here', word.text);
  if (!['-e', '--expression', '-f', '--file'].some((name) => values.has(name)))
    readCode(at, words[operand], sedCommands);
}

/** In place of a start-up file: none. */
const BARE = /^(NONE|NORC|DEFAULTS)$/;

/** `-c`, `+` and `--cmd` give commands of the editor; `!` in them one of a shell. */
export function editor(words: readonly Word[], at: Place): void {
  words.forEach(({ value }, place) => {
    const next = words[place + 1];
    if (/^-[a-zA-Z]*c$/.test(value ?? '') || value === '--cmd') readCode(at, next, exCommands);
    else if (value === '-u' && BARE.test(next?.value ?? '')) return;
    else if (value === '-S' || value === '-s' || value === '-u')
      at.found.doubt('unreadable-script', `${at.program} runs a script whose text is not seen here`, value);
    else if (value?.startsWith('+')) readCode(at, { ...words[place]!, value: value.slice(1) }, exCommands);
  });
  // Without a screen it reads its commands from the input.
  const silent = words.some(({ value }) => /^-(es|e|E|Es|s)$/.test(value ?? '')) || at.program === 'ex';
  if (
    silent &&
    (at.scope.input.kind === 'pipe' || at.scope.input.kind === 'here' || at.scope.input.kind === 'file')
  )
    readCode(at, inputOf(at), (text) => text.split('\n').flatMap(exCommands));
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
