/**
 * Lines of executed.yaml, run by a real bash: what they start, as harmless stand-ins note it and as strace sees it, is
 * found, or the line is unknown.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { needs, which } from '../../tool.ts';
import { missed, Stage } from './stage.ts';

t.setTimeout(600_000);

const LONG = process.env.CHAPERONE_LONG !== undefined;

/** Programs that the machine may refuse to run here. */
const MAY_BE_REFUSED = new Set(['sudo', 'strace', 'gdb', 'parallel', 'busybox']);

const LISTED: Record<string, string[]> = parse(
  readFileSync(new URL('executed.yaml', import.meta.url), 'utf8'),
);

for (const [name, lines] of Object.entries(LISTED)) {
  const tool = name.replace('+', '');
  if (which(tool) === null) continue;
  t.test(`lines that start programs: ${name}`, async (t) => {
    const roots = t.testdir(Object.fromEntries(lines.map((_, place) => [place, { bin: {}, work: {} }])));
    for (const [place, line] of lines.entries()) {
      const stage = new Stage(join(roots, String(place)));
      const called = stage.run(['bash', '--norc', '-c', line], { patience: 20_000 });
      if (called.length === 0 && MAY_BE_REFUSED.has(tool)) continue;
      t.not(called.length, 0, `really runs: ${line}`);
      const action = analyse(line, { cwd: stage.cwd, home: join(roots, String(place)) });
      const silent = action.unknown.length > 0 ? [] : missed(called, action, name.endsWith('+'));
      t.strictSame(silent, [], line);
    }
  });
}

/** What the kernel says: every program that such a line starts, not only stand-ins. */
t.test('every program that bash starts is found', async (t) => {
  if (!needs(t, 'strace')) return;
  if (spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0) {
    t.pass('not traced', { skip: 'processes may not be traced here' });
    return;
  }
  const root = t.testdir({ bin: {}, work: {} });
  const log = join(root, 'strace');
  let started = 0;
  for (const line of (LISTED.bash ?? []).filter((_, place) => LONG || place % 3 === 0)) {
    const stage = new Stage(root);
    stage.run(['strace', '-f', '-qq', '-e', 'trace=execve', '-o', log, 'bash', '--norc', '-c', line]);
    const { commands, unknown } = analyse(line, { cwd: stage.cwd, home: root });
    const found = new Set(commands.map(({ program }) => program));
    const programs = executed(readFileSync(log, 'utf8')).slice(1);
    started += programs.length;
    const silent = programs.filter((program) => !found.has(program));
    if (unknown.length === 0) t.strictSame(silent, [], line);
  }
  t.ok(started > 30, `${started} programs were started`);
});

/** `1234 execve("/usr/bin/ls", ["ls", "-l"], 0x… …) = 0` */
function executed(trace: string): string[] {
  const paths = trace.matchAll(/execve\("([^"]+)", \[[^\n]*\) = 0$/gm);
  return [...paths].map(([, path]) => path!.slice(path!.lastIndexOf('/') + 1));
}
