/** Whatever befalls a file, the run says so and fails: a runner that loses a failure makes every test worthless. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { temporaryDirectory } from './temporary.ts';

const PASS = "console.log('TAP version 14\\nok 1 - well\\n1..1');";

/** Runs these programs as test files: the files that the reporter marks as failed, its last line, both exit statuses. */
function runSuite(programs: Record<string, string>) {
  const directory = temporaryDirectory();
  const files = Object.entries(programs).map(([name, program]) => {
    const file = join(directory, `${name}.mjs`);
    writeFileSync(file, program);
    return file;
  });
  const run = (script: string, args: string[], input = '') =>
    spawnSync(process.execPath, [join(import.meta.dirname, script), ...args], { input, encoding: 'utf8' });
  const suite = run('suite.ts', files);
  const report = run('report.ts', [], suite.stdout);
  const marked = report.stdout.matchAll(/^✗ .*\/(.*)\.mjs \d/gm);
  return {
    failed: Array.from(marked, ([, name]) => name).sort(),
    last: report.stdout.trimEnd().split('\n').at(-1),
    statuses: [suite.status, report.status],
  };
}

t.test('what passes passes', async (t) => {
  const { last, failed, statuses } = runSuite({ one: PASS, two: PASS });
  t.equal(last, '2 passed, 0 failed, 0 skipped');
  t.same(failed, []);
  t.same(statuses, [0, 0]);
});

t.test('each way to fail fails', async (t) => {
  const amiss = {
    'an assertion fails': "console.log('TAP version 14\\nok 1\\nnot ok 2 - ill\\n1..2');",
    'it does not parse': 'let',
    'it ends before it says how many there are': "console.log('TAP version 14\\nok 1');",
    'it says nothing': '',
    'tests are missing': "console.log('TAP version 14\\nok 1\\n1..2');",
    'the process fails after its tests': `${PASS} process.exitCode = 3;`,
    'the process is killed': `${PASS} process.kill(process.pid, 'SIGKILL');`,
  };
  const { last, failed, statuses } = runSuite({ well: PASS, ...amiss });
  t.same(failed, Object.keys(amiss));
  t.match(last, / 7 failed, /);
  t.same(statuses, [1, 1]);
});
