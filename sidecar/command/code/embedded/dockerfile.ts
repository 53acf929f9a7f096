/**
 * What building an image runs, where its Dockerfile comes from the line itself: on standard input, or in a file that the line
 * has written. One that was there before is taken for what any build runs.
 * https://docs.docker.com/reference/dockerfile/
 */
import { ANYWHERE, plainPath, resolvePath } from '../../../match/path.ts';
import { readOptions } from '../../grammar/options.ts';
import { type Scope, SOMEWHERE } from '../../scope.ts';
import type { Word } from '../../words/fields.ts';
import { quoteShell } from '../../words/quote.ts';
import { type Place, run } from './place.ts';

const BUILD = {
  short: 'ftmcoq',
  long: [
    ...[
      'file',
      'tag',
      'build-arg',
      'build-context',
      'target',
      'platform',
      'output',
      'progress',
      'cache-from',
    ],
    ...[
      'cache-to',
      'label',
      'network',
      'secret',
      'ssh',
      'iidfile',
      'add-host',
      'memory',
      'shm-size',
      'builder',
    ],
    ...['metadata-file', 'allow', 'annotation', 'attest', 'ulimit', 'volume', 'isolation', 'format'],
  ],
};

export function image(words: readonly Word[], at: Place): void {
  const place = words.findIndex(({ value }) => value === 'build' || value === 'bud');
  if (place < 1 || place > 3) return;
  const rest = words.slice(place);
  const { values, operand } = readOptions(rest, BUILD);
  const file = values.get('-f') ?? values.get('--file');
  const context = rest[operand];
  if ((file ?? context)?.value === '-') fromInput(at);
  else if (file !== null) fromFile(file?.pattern ?? `${context?.pattern ?? '.'}/Dockerfile`, at);
}

function fromInput(at: Place): void {
  const { input } = at.scope;
  const text = at.found.textOf(input);
  if (text !== null) read(text, at);
  else if (input.kind === 'pipe' || input.kind === 'here') {
    at.found.runsInput(input, at.program);
    at.found.doubt('code-on-stdin', `${at.program} runs what it reads`, at.program);
  }
}

function fromFile(pattern: string, at: Place): void {
  const path = resolvePath(at.scope.cwd, pattern);
  if (!at.found.made.meets(path)) return;
  const plain = plainPath(path);
  const text = plain === null || path.includes(ANYWHERE) ? null : at.found.made.textOf(plain);
  if (text === null)
    at.found.doubt('unreadable-script', `${at.program} runs a file that the line itself made`, pattern);
  else read(text, at);
}

function read(dockerfile: string, at: Place): void {
  const there: Scope = {
    ...at.scope,
    ...{ cwd: SOMEWHERE, elsewhere: [], variables: new Map(), positional: null, files: null },
    input: { kind: 'empty' },
  };
  for (const command of runsIn(dockerfile)) run({ ...at, scope: there }, command, dockerfile);
}

/** The commands of its `RUN` instructions; null where another shell than the usual one reads them. */
export function runsIn(dockerfile: string): (string | null)[] {
  const found: (string | null)[] = [];
  const lines = dockerfile
    .replace(/^[ \t]*#.*\n?/gm, '')
    .replace(/\\[ \t]*\r?\n/g, ' ')
    .split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!.trim();
    if (/^SHELL\b/i.test(line)) found.push(null);
    const command = /^(?:ONBUILD\s+)?RUN\s+((?:--\S+\s+)*)(.*)$/is.exec(line)?.[2];
    if (command === undefined) continue;
    const end = /<<-?\s*["']?(\w+)/.exec(command)?.[1];
    if (end === undefined) {
      found.push(argvIn(command) ?? command);
      continue;
    }
    const from = at + 1;
    while (++at < lines.length && lines[at]!.trim() !== end);
    const text = lines.slice(from, at).join('\n');
    found.push(/^<</.test(command) ? text : `${command}\n${text}\n${end}`);
  }
  return found;
}

/** `["program", "argument"]`. */
function argvIn(command: string): string | null {
  if (!command.startsWith('[')) return null;
  try {
    const argv: unknown = JSON.parse(command);
    if (!Array.isArray(argv) || !argv.every((word) => typeof word === 'string')) return null;
    return argv.map((word) => quoteShell(word)).join(' ');
  } catch {
    return null;
  }
}
