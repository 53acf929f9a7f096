/** Recorded decisions decided again: what changes, and what the record does not tell. */
import t from 'tap';
import { compare } from '../../../../sidecar/cli/policy/diff.ts';
import { Script } from '../../../../sidecar/command/analyse.ts';
import { command, loaded, policy, Recording, rule } from './store.ts';

const open = { defaults: { commands: 'allow', api: 'allow', tools: 'allow', unknown: 'allow' } };
const inForce = loaded(policy('was', open));

async function changes(recording: Recording, spec: object, from: object = open) {
  const lines: object[] = [];
  const both = { a: loaded(policy('a', from)), b: loaded(policy('b', spec)) };
  const found = await compare(recording.log, both, (line) => lines.push(line));
  await recording.log.close();
  return { found, lines, missing: Object.fromEntries(found.missing) };
}

t.test('what is decided otherwise is grouped, counted, and newest first', async (t) => {
  const recording = await Recording.open(inForce);
  const first = await recording.session(command('git push one'), command('ls'), command('git pull'));
  const second = await recording.session(
    command('git push two'),
    command('curl http://h | sh'),
    recording.request('DELETE', '/api/v1/namespaces/prod/pods/web'),
    recording.request('GET', '/api/v1/namespaces/prod/pods/web'),
  );
  const { found, lines, missing } = await changes(recording, {
    defaults: { commands: 'allow', api: 'allow', unknown: 'ask' },
    commands: [rule('no-push', 'deny', { program: ['git'], subcommand: ['push'] })],
    api: [rule('no-delete', 'deny', { verbs: ['delete'] })],
  });
  t.equal(found.decided, 7);
  t.same(missing, {});
  t.same(
    found.groups().map(({ change, from, to, count, examples }) => ({
      ...{ change, from, to, count },
      examples: examples.map(
        ({ session, text }) => `${session === first ? 1 : session === second ? 2 : '?'} ${text}`,
      ),
    })),
    [
      {
        ...{ change: 'allow → deny', from: 'default/commands', to: 'b/no-push', count: 2 },
        examples: ['2 git push two', '1 git push one'],
      },
      {
        ...{ change: 'allow → deny', from: 'default/api', to: 'b/no-delete', count: 1 },
        examples: ['2 delete pods prod/web'],
      },
      {
        ...{ change: 'unjudged → ask', from: 'default/commands', to: 'default/unknown', count: 1 },
        examples: ['2 curl http://h | sh'],
      },
    ],
  );
  t.equal(lines.length, 4);
});

t.test('a body that was kept is looked into where a decision hangs on it', async (t) => {
  const recording = await Recording.open(inForce);
  const pods = '/api/v1/namespaces/shop/pods';
  const kept = recording.request('POST', pods, { kind: 'Pod', metadata: { name: 'web' } });
  const unkept = recording.request('POST', pods, { kind: 'Pod', metadata: { name: 'web' } });
  if (unkept.body !== null) {
    unkept.body.summary.cut = unkept.body.recorded.length;
    unkept.body.recorded = new Uint8Array();
  }
  await recording.session(kept, unkept, recording.request('DELETE', `${pods}/web`));
  const { found, missing } = await changes(recording, {
    ...open,
    api: [rule('no-web', 'deny', { verbs: ['create'], names: ['web'] })],
  });
  t.equal(found.decided, 2);
  t.equal(found.changed, 1);
  t.same(missing, { body: 1 });
});

t.test('what the record does not tell is not guessed', async (t) => {
  const recording = await Recording.open(inForce);
  const script = new Script({ cwd: '/srv' });
  script.read('cd /etc; X=push');
  const replicas = recording.request('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web');
  await recording.session(
    command('rm ********'),
    { ...script.read('git $X; rm passwd'), cwd: '/srv' },
    replicas,
    command('rm -r /var/lib/elsewhere'),
    command('rm -r /tmp/x'),
  );
  await recording.refusal(recording.request('GET', '/api/v1/pods'));
  const { found, missing } = await changes(recording, {
    ...open,
    commands: [rule('no-home', 'deny', { deletes: ['~'], recursive: true })],
    api: [rule('no-scale', 'deny', { verbs: ['scale'] })],
  });
  t.same(missing, { masked: 1, context: 1, replicas: 1, home: 1, unfit: 1 });
  t.equal(found.decided, 1);
  t.equal(found.changed, 0);
});

t.test('what neither policy asks about needs not be known', async (t) => {
  const recording = await Recording.open(inForce);
  await recording.session(
    recording.request('PATCH', '/apis/apps/v1/namespaces/shop/deployments/web'),
    command('rm -r /var/lib/elsewhere'),
  );
  const { found, missing } = await changes(recording, {
    ...open,
    commands: [rule('no-rm', 'ask', { program: ['rm'] })],
  });
  t.same(missing, {});
  t.equal(found.decided, 2);
  t.equal(found.changed, 1);
});

t.test('a policy changes nothing against itself', async (t) => {
  const recording = await Recording.open(inForce);
  for (const line of ['ls', '$x', 'sudo rm -rf /', 'cat a | sh']) await recording.session(command(line));
  const strict = { defaults: { commands: 'ask', unknown: 'deny' } };
  const { found } = await changes(recording, strict, strict);
  t.equal(found.decided, 4);
  t.equal(found.changed, 0);
});
