/** `chaperone policy …`, as a policy author and a pipeline use it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { TEAM } from '../sidecar/policy/team.ts';
import { chaperone, temporary } from './program.ts';

t.setTimeout(600_000);

const POLICY = `${TEAM}  api:
    - { name: no-prod, match: { verbs: [delete], namespaces: [prod] }, effect: deny, reason: Not there. }
`;

t.test('explain: a command, a request, who asks, and the policy in force', async (t) => {
  const directory = await temporary(t);
  const file = join(directory, 'team.yaml');
  await writeFile(file, POLICY);
  const line = await chaperone(['policy', 'explain', file, 'sudo git push origin']);
  t.equal(line.status, 0);
  t.match(
    line.stdout,
    /^deny by team\/no-push: Pushes go through review\.\nallowed instead: git push --dry-run\n/,
  );
  t.match(line.stdout, /└ git push origin\n +deny by team\/no-push {2}◀ decides/);
  const json = await chaperone([
    'policy',
    'explain',
    file,
    'DELETE /api/v1/namespaces/prod/pods/web',
    '--json',
  ]);
  t.match(JSON.parse(json.stdout), {
    decision: { effect: 'deny', rule: 'team/no-prod' },
    parts: [{ title: 'delete pods prod/web' }],
  });
  t.match(await chaperone(['policy', 'explain', 'ls', '--data', directory]), { status: 3, stderr: /--data/ });
  await writeFile(
    join(directory, 'policy.yaml'),
    POLICY.replace('spec:', 'spec:\n  subjects: [{ users: [reviewer] }]'),
  );
  const asReviewer = await chaperone([
    'policy',
    'explain',
    'git push',
    '--user',
    'reviewer',
    '--data',
    directory,
  ]);
  t.match(asReviewer.stdout, /^deny by team\/no-push/);
  const asAgent = await chaperone(['policy', 'explain', 'git push', '--user', 'agent', '--data', directory]);
  t.match(asAgent.stdout, /^ask by default\/commands[\s\S]*not for this identity: team/);
});

const CASES = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicyTest
metadata: { name: team }
spec:
  cases:
    - { name: pushes are refused, command: git push, expect: { effect: deny, rule: team/no-push } }
    - { name: a script, script: steps.sh, expect: allow }
`;

t.test('test: cases beside the policy, a report, and a status for a pipeline', async (t) => {
  const directory = await temporary(t);
  const file = join(directory, 'team.yaml');
  await writeFile(file, POLICY);
  await writeFile(join(directory, 'team.test.yaml'), CASES);
  await writeFile(join(directory, 'steps.sh'), 'make\nmake check\n');
  t.match(await chaperone(['policy', 'test', file]), { status: 0, stdout: /\n2 passed, 0 failed\n$/ });
  await writeFile(join(directory, 'steps.sh'), 'make\ngit push\n');
  const failed = await chaperone(['policy', 'test', file]);
  t.equal(failed.status, 1);
  t.match(
    failed.stdout,
    /✗ team › a script {2}\(.*team\.test\.yaml:7:7\)\n +effect: expected allow, got deny\n/,
  );
  t.match(failed.stdout, /for git push\n +matches team\/no-push \(deny\)\n/);
  t.match(failed.stderr, /^chaperone: 1 of 2 cases is decided otherwise than expected\n$/);
  const tap = await chaperone(['policy', 'test', file, join(directory, 'team.test.yaml'), '--format', 'tap']);
  t.match(
    tap.stdout,
    /^TAP version 14\n1\.\.2\nok 1 - team › pushes are refused\nnot ok 2 - team › a script\n/,
  );
  const json = await chaperone(['policy', 'test', file, '--format', 'json']);
  t.match(
    json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).ok),
    [true, false],
  );
  t.equal((await chaperone(['policy', 'test', file, join(directory, 'none.yaml')])).status, 3);
});

t.test('diff and suggest: from recordings to a policy, and what it would change', async (t) => {
  const directory = await temporary(t);
  const data = join(directory, 'data');
  for (const line of ['ls /; true', 'mkfs.ext4 /dev/no-such-disk'])
    await chaperone(['shell', '--data', data, '--', 'bash', '-c', line]);
  const suggested = await chaperone(['policy', 'suggest', '--data', data]);
  t.equal(suggested.status, 0);
  t.match(suggested.stdout, /^ +- "ls" # 1 ×, .*, last in [0-9A-Z]{26}$/m);
  t.notMatch(suggested.stdout, /^ +- "mkfs.ext4"/m);
  const draft = join(directory, 'draft.yaml');
  await writeFile(draft, suggested.stdout);
  t.match(await chaperone(['policy', 'check', draft]), { status: 0 });
  const same = await chaperone(['policy', 'diff', draft, '--data', data, '--exit-code']);
  t.match(same, { status: 0, stdout: /^2 recorded actions decided by both, 0 otherwise\.\n$/ });
  const team = join(directory, 'team.yaml');
  await writeFile(
    team,
    POLICY.replace('[git], subcommand: [push]', '[ls]').replace('subcommand: [push], ', ''),
  );
  const other = await chaperone([
    'policy',
    'diff',
    draft,
    team,
    '--against',
    'recordings',
    '--data',
    data,
    '--exit-code',
  ]);
  t.equal(other.status, 1);
  t.match(other.stdout, /\nallow → deny {2}1 × {2}suggested\/programs-1 → team\/no-push: .*\n.* {2}bash -c /);
  const json = await chaperone(['policy', 'diff', draft, team, '--data', data, '--json']);
  t.match(JSON.parse(json.stdout.trimEnd().split('\n').at(-1) ?? ''), {
    summary: { decided: 2, changed: 2 },
  });
});
