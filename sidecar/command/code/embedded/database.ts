/** Clients of databases: escapes to a shell, and what a server is told to start. */
import type { Word } from '../../words/fields.ts';
import { type Place, readAll, readCode, run, runAll } from './place.ts';

const CLIENT = {
  short: 'cdfhpUvUPSLoRFTue',
  long: ['command', 'execute', 'dbname', 'host', 'port', 'user', 'username', 'file', 'init-command'],
};

/** `\!` and `system` of a client, and what a server is told to start. */
export function client(words: readonly Word[], at: Place): void {
  const { values } = readAll(words, CLIENT);
  const sqlite = /^(sqlite3?|duckdb)$/.test(at.program);
  const given = ['-c', '--command', '-e', '--execute', '-cmd', '--init-command'].flatMap(
    (name) => values.get(name) ?? [],
  );
  for (const word of words) {
    const [, pipe] = /^(?:-o|--output=?|--pager=?)?\s*\|\s*(.*)$/s.exec(word.value ?? '') ?? [];
    const [, pager] = /^--pager=(.+)$/s.exec(word.value ?? '') ?? [];
    if ((pipe ?? pager) !== undefined) run(at, (pipe ?? pager)!, word.text);
  }
  // sqlite takes its statements as operands.
  for (const word of sqlite ? words.slice(1) : given) readCode(at, word, clientCommands);
  if (values.has('-f') || values.has('--file') || words.some(({ value }) => value === '-init'))
    at.found.doubt('foreign-code', `${at.program} runs a script whose text is not seen here`, at.program);
  const { input } = at.scope;
  if (given.length > 0 || input.kind === 'inherited' || input.kind === 'empty') return;
  const text = at.found.textOf(input);
  if (text === null) at.found.doubt('foreign-code', `${at.program} runs what it reads`, at.program);
  else runAll(at, clientCommands(text), text);
}

function clientCommands(code: string): (string | null)[] {
  const found: (string | null)[] = [];
  for (const [, line] of code.matchAll(
    /(?:\\!|^\s*\.(?:sh|she|shel|shell|sy|sys|syst|syste|system)\s|^\s*(?:system|pager)\s)([^\n]*)/gm,
  ))
    found.push(line!);
  // A file's name may be a pipe to a command: `\o |sh`, `.output |sh`.
  for (const [, line] of code.matchAll(
    /(?:\\(?:o|g|copy\b[^\n]*\b(?:to|from) program|w)|^\s*\.(?:output|once|import)|^\s*(?:pager|tee))\s*[|']?\s*([^\n]*)/gim,
  ))
    if (/\||program|pager/i.test(line === undefined ? '' : code)) found.push(null);
  if (
    /\bprogram\s*'/i.test(code) ||
    /\b(load_extension|sys_exec|sys_eval|xp_cmdshell|lo_export|into\s+(out|dump)file)\b/i.test(code)
  )
    found.push(null);
  if (/`/.test(code) && /^\s*\\/m.test(code)) found.push(null);
  // A script that is not seen here, an editor, a setting that names a program.
  if (
    /^\s*(?:\\(?:i|ir|include|include_relative|e|edit|ef|ev|setenv)\b|\.(?:rea|read|loa|load|exc\w*|www)\b|source\s|\\\.|edit\b)/m.test(
      code,
    ) ||
    /\bedit\s*\(/i.test(code)
  )
    found.push(null);
  return found;
}
