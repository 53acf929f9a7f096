/**
 * What real shells run of what is passed on to them: random scripts whose lines may be text or commands, depending on what
 * was read before. A stand-in that the policy refuses must never have run, where unknown is refused too.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { inSizes } from '../../../../kube-captures/cuts.ts';
import { needs } from '../../../../tool.ts';
import { passing, policy } from './judging.ts';

const SEED = 20261122;
const LONG = process.env.CHAPERONE_LONG !== undefined;
const RUNS = LONG ? 1200 : 120;
if (LONG) t.setTimeout(60 * 60_000);

const STRICT = policy('deny');

/** Lines that take lines away, that begin and end what goes over several, and harmless ones. */
const line = fc.constantFrom(
  'forbidden 1',
  'forbidden 2',
  'echo forbidden',
  'allowed 1',
  'allowed 2; allowed 3',
  'read x',
  'read -r x y; allowed "$x"',
  'while read x; do allowed; break; done',
  'cat',
  'head -n 1',
  'sh',
  'bash',
  'cat <<E',
  "cat <<'E'",
  'cat <<-E',
  'E',
  '\tE',
  "'",
  '"',
  "echo 'a",
  'echo "a',
  'allowed \\',
  'if read x; then',
  'if allowed; then',
  'else',
  'fi',
  'f() {',
  '}',
  'f',
  '{',
  'allowed |',
  'allowed &&',
  '( allowed',
  ')',
  'case x in',
  'x) allowed ;;',
  'esac',
  ': $(',
  'alias a=allowed',
  'alias a=forbidden',
  "alias a='allowed '",
  'alias forbidden=allowed',
  'a b',
  '# comment',
  '',
  'forb\\',
  'idden 3',
  'allowed\r',
  'forb\0idden 4',
  'exec bash',
  'exec sh',
  '. /dev/stdin',
  'allowed </dev/null',
  'eval allowed',
  'trap allowed EXIT',
);

const block = fc.constantFrom(
  'cat <<E\nforbidden 5\nE',
  "cat <<'E'\nx\nforbidden 6\nE",
  "echo 'a\nforbidden 7\nb'",
  'f() {\n  allowed 4\n}',
  'if read x; then\n  allowed "$x"\nfi',
  'while read x; do\n  allowed\n  break\ndone',
  'allowed \\\n  more',
  'bash <<E\nallowed 5\nE',
  'a 1',
  'f',
  'read x',
  'allowed 6',
  'head -n 1',
);

const script = fc
  .tuple(
    fc.array(fc.oneof({ weight: 1, arbitrary: line }, { weight: 2, arbitrary: block }), {
      minLength: 1,
      maxLength: 10,
    }),
    fc.constantFrom('', '\n'),
  )
  .map(([lines, end]) => lines.join('\n') + end);

for (const shell of ['bash', 'dash', 'zsh', 'busybox']) {
  t.test(`${shell} runs nothing that is refused`, async (t) => {
    if (!needs(t, shell)) return;
    const run = runner(t, shell);
    let refusals = 0;
    let ran = 0;
    for (const text of fc.sample(script, { seed: SEED, numRuns: RUNS })) {
      const { passed, refused } = await passing(STRICT, inSizes([7, 30])(Buffer.from(text)));
      if (refused !== undefined) refusals += 1;
      if (passed.length === 0) continue;
      const log = run(passed);
      ran += log.split('allowed').length - 1;
      if (/^forbidden/m.test(log)) {
        t.fail(`${JSON.stringify(text)}\npassed ${JSON.stringify(passed.toString('latin1'))}\nran ${log}`);
        return;
      }
    }
    t.ok(refusals > RUNS / 10 && ran > RUNS / 10, `${refusals} refused, ${ran} commands ran`);
  });
}

/** Runs a script and returns what its stand-ins were called with. */
function runner(t: Test, shell: string): (script: Buffer) => string {
  const root = t.testdir({ bin: {}, work: {} });
  const log = join(root, 'log');
  for (const name of ['allowed', 'forbidden']) {
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\necho "${name} $*" >> "$LOG"\n`);
    chmodSync(join(root, 'bin', name), 0o755);
  }
  const env = { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, HOME: root, LOG: log, LC_ALL: 'C' };
  return (input) => {
    writeFileSync(log, '');
    const [program, ...args] = shell === 'busybox' ? ['busybox', 'sh'] : [shell];
    spawnSync(program!, args, {
      cwd: join(root, 'work'),
      env,
      input,
      timeout: 10_000,
      killSignal: 'SIGKILL',
    });
    return readFileSync(log, 'latin1');
  };
}
