/**
 * What a real bash runs is a subset of what the analysis found: random scripts of harmless stand-ins are run in
 * an empty directory, and every stand-in that ran must have been found, with its words, or the line be unknown.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { needs } from '../../tool.ts';

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
