/**
 * What a real bash runs is a subset of what the analysis found: random scripts of harmless stand-ins are run in
 * an empty directory, and every stand-in that ran must have been found, with its words, or the line be unknown.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { parse } from 'yaml';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { needs, which } from '../../tool.ts';
import { missed, Stage } from './stage.ts';

const SEED = 20261122;
const LONG = process.env.CHAPERONE_LONG !== undefined;
const RUNS = LONG ? 5000 : 150;
if (LONG) t.setTimeout(60 * 60_000);

/** A stand-in says what it was called with. Letters keep the names off every real program. */
const leaf = fc
  .tuple(
    fc.constantFrom('canary', 'ca"na"ry', "'canary'", '\\canary', "$'can\\x61ry'", './../bin/canary'),
    fc.nat({ max: 99 }),
  )
  .map(([name, number]) => `${name} c${number}`);

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

const { script } = fc.letrec<{ script: string }>((tie) => ({
  script: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    leaf,
    ...[
      (a: string, b: string) => `${a}; ${b}`,
      (a: string, b: string) => `${a} && { ${b}; }`,
      (a: string, b: string) => `{ ${a}; } || { ${b}; }`,
      (a: string, b: string) => `{ ${a}; } | { ${b}; }`,
      (a: string, b: string) => `( ${a} ); ${b}`,
      (a: string, b: string) => `if ${a}; then ${b}; fi`,
      (a: string, b: string) => `for i in "$(${a})"; do ${b}; done`,
      (a: string, b: string) => `case "$(${a})" in *) ${b};; esac`,
      (a: string, b: string) => `f() { ${a}; }; f; ${b}`,
      (a: string, b: string) => `x=$(${a}) ; ${b}`,
      (a: string, b: string) => `: "$(${a})" \`${b.replaceAll(/[\\`$]/g, '\\$&')}\``,
      (a: string, b: string) => `: \${x:-$(${a})} $((0$(${b} >/dev/null)))`,
      (a: string, b: string) => `: "\${HOME/$(${a})/$(${b})}"`,
      (a: string, b: string) => `[[ -n $(${a}) || -n $(${b}) ]]`,
      (a: string, b: string) => `cat <(${a}) > >(cat >/dev/null; ${b})`,
      (a: string, b: string) => `cat <<< "$(${a})"; ${b}`,
      (a: string, b: string) => `cat <<EOT\n$(${a})\nEOT\n${b}`,
      (a: string, b: string) => `bash <<'EOX'\n${a.replaceAll('EOX', 'EO')}\nEOX\n${b}`,
      (a: string, b: string) => `bash -c ${quoted(a)}; ${b}`,
      (a: string, b: string) => `eval ${quoted(a)}; env A=1 sh -c ${quoted(b)}`,
      (a: string, b: string) => `bash -c 'eval "$1"' - ${quoted(a)}; ${b}`,
      (a: string, b: string) => `trap ${quoted(a)} EXIT; ${b}`,
      (a: string, b: string) => `printf '%s\\n' ${quoted(a)} | bash; ${b}`,
      (a: string, b: string) => `v=${quoted(a)}; eval "$v"; ${b}`,
      (a: string, b: string) => `nice -n 1 timeout 9 bash -ec ${quoted(a)}; ${b}`,
      (a: string, b: string) => `echo x | xargs -I%% bash -c ${quoted(a)}; ${b}`,
      (a: string, b: string) => `find . -maxdepth 0 -exec bash -c ${quoted(a)} \\; ; ${b}`,
    ].map((build) => fc.tuple(tie('script'), tie('script')).map(([a, b]) => build(a, b))),
  ),
}));

t.test('property: nothing runs that was not found', async (t) => {
  if (!needs(t, 'bash')) return;
  const root = t.testdir({ bin: {}, work: {} });
  const canary = join(root, 'bin/canary');
  writeFileSync(canary, '#!/bin/sh\necho "$1" >> "$LOG"\necho out\n');
  chmodSync(canary, 0o755);
  const env = { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, HOME: root };
  const cwd = join(root, 'work');
  let ran = 0;
  for (const [place, text] of fc.sample(script, { seed: SEED, numRuns: RUNS }).entries()) {
    if (text.length > 20_000) continue;
    // A log for each script: what one leaves running in the background must not show in the next.
    const log = join(root, `log-${place}`);
    writeFileSync(log, '');
    spawnSync('bash', ['--norc', '-c', text], {
      cwd,
      env: { ...env, LOG: log },
      stdio: 'ignore',
      timeout: 20_000,
    });
    const executed = new Set(readFileSync(log, 'utf8').split('\n').filter(Boolean));
    const { commands, unknown } = analyse(text, { cwd, home: root });
    const found = new Set(commands.flatMap(({ program, argv }) => (program === 'canary' ? [argv[1]] : [])));
    const missed = [...executed].filter((word) => !found.has(word));
    ran += executed.size;
    if (missed.length > 0 && unknown.length === 0) t.fail('ran unseen', { text, missed });
    if (missed.length > 0 && !unknown.some(({ code }) => code === 'limit' || code === 'syntax')) {
      t.fail('ran, and was only unknown', { text, missed, unknown });
    }
  }
  t.ok(ran > RUNS, `${ran} stand-ins ran`);
});

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
  for (const line of LISTED.bash ?? []) {
    const stage = new Stage(root);
    stage.run(['strace', '-f', '-qq', '-e', 'trace=execve', '-o', log, 'bash', '--norc', '-c', line]);
    const { commands, unknown } = analyse(line, { cwd: stage.cwd, home: root });
    const found = new Set(commands.map(({ program }) => program));
    const programs = executed(readFileSync(log, 'utf8')).slice(1);
    started += programs.length;
    const silent = programs.filter((program) => !found.has(program));
    if (unknown.length === 0) t.strictSame(silent, [], line);
  }
  t.ok(started > 100, `${started} programs were started`);
});

/** Programs that the machine may refuse to run here. */
const MAY_BE_REFUSED = new Set(['sudo', 'strace', 'gdb', 'parallel', 'busybox']);

/** `1234 execve("/usr/bin/ls", ["ls", "-l"], 0x… …) = 0` */
function executed(trace: string): string[] {
  const paths = trace.matchAll(/execve\("([^"]+)", \[[^\n]*\) = 0$/gm);
  return [...paths].map(([, path]) => path!.slice(path!.lastIndexOf('/') + 1));
}
