/** Debian's asciinema as the independent reader and writer of v2. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pty from 'node-pty';
import t from 'tap';
import type { Event, Version } from '../../../recorder/asciicast/cast.ts';
import { CastReader, type Item } from '../../../recorder/asciicast/read.ts';
import { writeCast } from '../../../recorder/asciicast/write.ts';
import { exportSession } from '../../../recorder/export/format.ts';
import { needs } from '../../tool.ts';
import { collect } from '../collect.ts';
import { decided, eventsOf, type Step, summaryOf } from './session.ts';

/** Runs a shell line on a terminal of its own, which `cat` and `rec` ask for. Resolves to its exit code. */
function onTerminal(line: string, directory: string): Promise<number> {
  const env = { ...process.env, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color', ASCIINEMA_CONFIG_HOME: directory };
  const child = pty.spawn('sh', ['-c', line], { cols: 90, rows: 20, cwd: directory, env });
  return new Promise((resolve) => child.onExit(({ exitCode }) => resolve(exitCode)));
}

function read(bytes: Uint8Array): Item[] {
  const reader = new CastReader();
  return [...reader.push(bytes), ...reader.end()];
}

/** Output that has everything: escapes, all of C0, UTF-8 split across events, separators, BOM, emoji. */
function manifold(): { steps: Step[]; output: Buffer } {
  const text =
    `${Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('')}\x7f\u0085\u2028\u2029\ufeff` +
    '"quoted" \\back\\slash\\ \x1b[38;5;196mred\x1b[0m ─│ 漢字 \u{1f600}\u200d\u{1f525} e\u0301\r\n';
  const output = Buffer.from(text.repeat(50));
  const steps: Step[] = [[0, decided('echo \u2028\u0085', 'allowed')]];
  for (let from = 0, n = 1; from < output.length; n += 1) {
    const size = 1 + ((n * 7) % 61);
    steps.push([n * 1000, output.subarray(from, from + size)]);
    if (n % 40 === 0) steps.push([n * 1000, { type: 'session.resize', cols: 80 + n, rows: 24 }]);
    from += size;
  }
  steps.push([10_000_000, { type: 'session.end', reason: 'exited', status: 3 }]);
  return { steps, output };
}

t.test('asciinema cat gives back the very bytes of the output', async (t) => {
  if (!needs(t, 'asciinema')) return;
  const directory = t.testdir();
  const { steps, output } = manifold();
  const cast = (await collect(exportSession('v2', summaryOf(), eventsOf(steps)))).join('');
  await writeFile(join(directory, 'session.cast'), cast);
  t.equal(await onTerminal('asciinema cat session.cast >out 2>err', directory), 0);
  t.equal(await readFile(join(directory, 'err'), 'utf8'), '');
  const out = await readFile(join(directory, 'out'));
  t.ok(out.equals(output), `${out.length} bytes of ${output.length}`);
});

t.test('asciinema cat reads what was converted from v3', async (t) => {
  if (!needs(t, 'asciinema')) return;
  const directory = t.testdir();
  const { steps, output } = manifold();
  const v3 = (await collect(exportSession('v3', summaryOf(), eventsOf(steps)))).join('');
  await writeFile(join(directory, 'session.cast'), convert(read(Buffer.from(v3)), 2));
  t.equal(await onTerminal('asciinema cat session.cast >out', directory), 0);
  t.ok((await readFile(join(directory, 'out'))).equals(output));
});

function convert(items: Item[], version: Version): string {
  const [head, ...rest] = items;
  if (head?.kind !== 'header') throw new Error('no header');
  const events = rest.flatMap((item): Event[] => (item.kind === 'event' ? [item.event] : []));
  return [...writeCast(version, head.header, events)].join('');
}

t.test('what asciinema rec wrote is read, and written again for both versions', async (t) => {
  if (!needs(t, 'asciinema')) return;
  const directory = t.testdir({
    'script.sh':
      "printf '\\033[1mbold\\033[0m ─ é\\n'; sleep 0.2; printf '\\342\\224'; printf '\\200\\377\\n'; stty size",
  });
  const code = await onTerminal(
    "asciinema rec --quiet --stdin --idle-time-limit 2.5 --title 'a title' --env SHELL,TERM,UNSET --command 'sh script.sh' real.cast",
    directory,
  );
  t.equal(code, 0);
  const bytes = await readFile(join(directory, 'real.cast'));
  const items = read(bytes);
  const [head, ...rest] = items;
  t.match(head, {
    kind: 'header',
    version: 2,
    header: {
      cols: 90,
      rows: 20,
      termType: 'xterm-256color',
      title: 'a title',
      idleTimeLimit: 2.5,
    },
  });
  const events = rest.flatMap((item) => (item.kind === 'event' ? [item.event] : []));
  t.equal(events.length, rest.length, 'nothing torn');
  const output = events.flatMap((event) => (event.code === 'o' ? [event.data] : [])).join('');
  t.equal(output, '\x1b[1mbold\x1b[0m ─ é\r\n─\ufffd\r\n20 90\r\n');
  t.ok(events.at(-1)!.time >= 200_000, 'the pause is in the times');

  for (const version of [2, 3] as const) {
    const [, ...again] = read(Buffer.from(convert(items, version)));
    t.strictSame(again, rest, `v${version} says the same`);
  }
  await writeFile(join(directory, 'again.cast'), convert(items, 2));
  t.equal(
    await onTerminal('asciinema cat real.cast >a && asciinema cat again.cast >b && cmp a b', directory),
    0,
  );
});

t.test('a recording that was cut off is read up to the cut', async (t) => {
  if (!needs(t, 'asciinema')) return;
  const directory = t.testdir();
  t.equal(await onTerminal("asciinema rec -q -c 'echo one; sleep 0.1; echo two' real.cast", directory), 0);
  const bytes = await readFile(join(directory, 'real.cast'));
  const whole = read(bytes);
  const cut = read(bytes.subarray(0, bytes.length - 5));
  t.strictSame(cut.slice(0, -1), whole.slice(0, -1));
  t.match(cut.at(-1), { kind: 'torn', line: whole.length });
});

t.test('every line that is written is JSON to Python, too', async (t) => {
  if (!needs(t, 'python3')) return;
  const directory = t.testdir();
  const { steps } = manifold();
  const check =
    'import json,sys\nlines=open(sys.argv[1],encoding="utf-8",errors="strict").read().splitlines()\n' +
    'print(len([json.loads(line) for line in lines]))';
  for (const format of ['v2', 'v3', 'json'] as const) {
    const text = (await collect(exportSession(format, summaryOf(), eventsOf(steps)))).join('');
    const path = join(directory, format);
    await writeFile(path, text);
    // splitlines splits at U+0085, U+2028 and U+2029 as well: they must have been escaped
    const { stdout } = await promisify(execFile)('python3', ['-c', check, path]);
    t.equal(Number(stdout), text.split('\n').length - 1, format);
  }
});
