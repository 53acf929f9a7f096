/** What real shells write while a command line is edited, and what is left of it as text. */
import xterm from '@xterm/headless';
import pty from 'node-pty';
import t from 'tap';
import { exportSession } from '../../../recorder/export/format.ts';
import { searchOutput } from '../../../recorder/export/search.ts';
import { needs } from '../../tool.ts';
import { collect } from '../collect.ts';
import { eventsOf, type Step, summaryOf } from './session.ts';

const COLS = 40;
const PROMPT = 'PROMPT> ';
// keys: C-a start of line, C-e its end, C-w word, C-u line, ESC b word back, DEL, arrows
const LONG = 'echo --first-option --second-option --third-option end-of-a-long-line';
const SESSION: { keys: string; line: string }[] = [
  { keys: 'echo plain', line: 'echo plain' },
  { keys: LONG, line: LONG },
  { keys: `${LONG.slice(5)}\x01echo \x05`, line: LONG },
  { keys: 'ecoh hello\x1bb\x1b[D\x7f\x7fho\x05', line: 'echo hello' },
  { keys: 'rm -rf /\x15echo typed after all', line: 'echo typed after all' },
  { keys: `${LONG} and-more\x17\x7f`, line: LONG },
  { keys: "printf ' 10%%\\r 50%%\\r100%%\\n'", line: "printf ' 10%%\\r 50%%\\r100%%\\n'" },
];

/** Types the session into a shell; each line after the prompt has come. Resolves to its output. */
async function record(file: string, args: string[], env: Record<string, string>): Promise<Step[]> {
  const base = { PATH: process.env.PATH ?? '', HOME: '/', TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' };
  const shell = pty.spawn(file, args, { cols: COLS, rows: 60, env: { ...base, ...env }, encoding: null });
  const steps: Step[] = [];
  const inputs = [...SESSION.map(({ keys }) => keys), 'exit'];
  let seen = '';
  shell.onData((data) => {
    const bytes = data as unknown as Buffer;
    steps.push([steps.length * 1000, bytes]);
    seen += bytes.toString('latin1');
    if (!seen.includes(PROMPT) || inputs.length === 0) return;
    seen = '';
    shell.write(`${inputs.shift()}\r`);
  });
  await new Promise((resolve) => shell.onExit(resolve));
  return steps;
}

const SHELLS = [
  { name: 'bash', args: ['--norc', '--noprofile', '-i'], env: { PS1: PROMPT, INPUTRC: '/dev/null' } },
  { name: 'zsh', args: ['-f', '-i'], env: { PS1: PROMPT } },
];

for (const { name, args, env } of SHELLS) {
  t.test(`${name}: edited command lines come out as they were run`, async (t) => {
    if (!needs(t, name)) return;
    const steps = await record(name, args, env);
    const summary = summaryOf({ terminal: { cols: COLS, rows: 60, term: 'xterm-256color' } });
    const text = (await collect(exportSession('txt', summary, eventsOf(steps)))).join('');
    const commands = text
      .split('\n')
      .filter((line) => line.startsWith(PROMPT))
      .map((line) => line.slice(PROMPT.length).trimEnd());
    t.strictSame(commands, [...SESSION.map(({ line }) => line), 'exit']);
    t.match(text, /^100%$/m, 'a progress bar is as it was in the end');
    t.notMatch(text, /[\u0000-\u0009\u000b-\u001f]/);
    t.equal(dense(text), dense(await shown(steps)), 'a terminal emulator shows the same');

    const [hit] = await collect(searchOutput(summary, eventsOf(steps), 'SECOND-option --third'));
    t.equal(
      hit?.line.slice(hit.matches[0]?.from, hit.matches[0]?.to),
      'second-option --third',
      'across a wrapped row',
    );
  });
}

/** Without blanks: the emulator forgets, when a row is erased, that it was a part of the line before it. */
function dense(text: string): string {
  return text.replaceAll(/\s+/g, '');
}

async function shown(steps: readonly Step[]): Promise<string> {
  const terminal = new xterm.Terminal({ cols: COLS, rows: 60, scrollback: 1000, allowProposedApi: true });
  for (const [, bytes] of steps)
    await new Promise<void>((resolve) => terminal.write(bytes as Uint8Array, resolve));
  const buffer = terminal.buffer.normal;
  const rows = Array.from({ length: buffer.length }, (_, y) => buffer.getLine(y)!);
  terminal.dispose();
  return rows
    .map((row, y) => (row.isWrapped ? '' : '\n') + row.translateToString(rows[y + 1]?.isWrapped !== true))
    .join('');
}
