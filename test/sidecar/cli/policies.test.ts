/** A broken change of the policy in a running recorder: the last good one stays, health says so, the log names both. */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { BodyOf } from '../../../recorder/audit/event.ts';
import { SYSTEM } from '../../../recorder/audit/units.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { Health } from '../../../recorder/server/api.ts';
import { startRecorder } from '../../../sidecar/cli/up.ts';

type PolicyEvent = BodyOf<'policy.loaded'> | BodyOf<'policy.rejected'>;

const policy = (effect: string) =>
  `apiVersion: chaperone.dev/v1alpha1\nkind: AgentPolicy\nmetadata: {name: p}\nspec: {defaults: {commands: ${effect}}}\n`;

async function directory(t: Test): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-policies-'));
  t.teardown(() => rm(data, { recursive: true, force: true }));
  return data;
}

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

async function recorded(log: Pick<AuditLog, 'events'>): Promise<PolicyEvent[]> {
  const bodies: PolicyEvent[] = [];
  for await (const { event } of log.events(SYSTEM))
    if (event.body.type === 'policy.loaded' || event.body.type === 'policy.rejected') bodies.push(event.body);
  return bodies;
}

t.test('health turns degraded and back, and the log says what stayed in force', async (t) => {
  const data = await directory(t);
  const path = join(data, 'policy.yaml');
  await replace(path, policy('deny'));
  const recorder = await startRecorder(data, 0);
  t.teardown(() => recorder.close());
  const token = (await readFile(join(data, 'token'), 'utf8')).trim();
  const get = (at: string, headers = {}) => fetch(`${recorder.server.url}${at}`, { headers });
  const probe = async () => (await get('/readyz')).text();
  const health = async (): Promise<Health> =>
    (await (await get('/api/health', { authorization: `Bearer ${token}` })).json()) as Health;

  t.equal(await probe(), 'ok\n');
  t.same(await health(), { state: 'ok', troubles: [] });
  const { digest } = recorder.policy.current();

  await replace(path, `${policy('allow')}  more: 1\n`);
  await recorder.policy.reload();
  t.equal(recorder.policy.current().digest, digest, 'nothing of it is in force');
  t.equal((await get('/readyz')).status, 200, 'it guards on');
  t.equal(await probe(), 'degraded\n', 'who is not logged in hears no more');
  t.equal((await get('/api/health')).status, 401);
  t.match(await health(), {
    state: 'degraded',
    troubles: [{ what: 'policy', message: /policy\.yaml:5:\d+: / }],
  });

  await replace(path, policy('deny'));
  await recorder.policy.reload();
  t.equal(await probe(), 'ok\n');
  await replace(path, policy('allow'));
  await recorder.policy.reload();
  const next = recorder.policy.current().digest;
  const { archive } = recorder.evidence;
  let events = await recorded(archive);
  while (events.length < 4) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    events = await recorded(archive);
  }
  t.match(events, [
    { type: 'policy.loaded', digest, source: path },
    { type: 'policy.rejected', kept: digest, error: /policy\.yaml:5:\d+: / },
    { type: 'policy.loaded', digest },
    { type: 'policy.loaded', digest: next },
  ]);
});

t.test(
  'a policy that is broken at the start keeps everything from running, and stands in the log',
  async (t) => {
    const data = await directory(t);
    await writeFile(join(data, 'policy.yaml'), 'kind: [\n');
    await t.rejects(startRecorder(data, 0), { code: 'POLICY_INVALID', message: /nothing runs until/ });
    const log = await AuditLog.open({ data });
    t.teardown(() => log.close());
    const [only, ...more] = await recorded(log);
    t.match(only, { type: 'policy.rejected', error: /policy\.yaml:\d+:\d+: / });
    t.notOk('kept' in only!, 'none stays in force');
    t.same(more, []);
  },
);
