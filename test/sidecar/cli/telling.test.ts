/** The recorder as `chaperone up` starts it tells those whom the file names, and says of whom it could not. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Health } from '../../../recorder/server/api.ts';
import { startRecorder } from '../../../sidecar/cli/up.ts';
import { asking } from '../../recorder/approvals/sample.ts';
import { receiver } from '../../recorder/webhooks/receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

async function recorder(t: Test, webhooks: string) {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-telling-'));
  t.teardown(() => rm(data, { recursive: true, force: true }));
  await writeFile(join(data, 'webhooks.yaml'), webhooks, { mode: 0o600 });
  const running = await startRecorder(data, 0);
  t.teardown(() => running.close());
  return running;
}

t.test(
  'who is named is told, with a link to the page; what does not arrive shows in its health',
  async (t) => {
    const well = await receiver(t);
    const dead = await receiver(t);
    await dead.close();
    const { server, evidence } = await recorder(
      t,
      `targets:
  - { name: well, url: "${well.url}", secret: ${SECRET} }
  - { name: dead, url: "${dead.url}", shape: slack }
`,
    );
    const patience = new AbortController();
    const asked = evidence.approvals!.ask(asking(), { signal: patience.signal });
    const [got] = await well.count(1);
    const { type, data } = JSON.parse(got!.body);
    t.equal(type, 'approval.requested');
    t.equal(data.url, `${server.url}/approvals/${data.id}`);
    patience.abort();
    await asked;
    const { headers } = await fetch(server.loginUrl(), { redirect: 'manual' });
    const cookie = headers.get('set-cookie')!.split(';')[0]!;
    let health: Health = { state: 'ok', troubles: [] };
    while (health.state === 'ok') {
      await sleep(10);
      health = (await (await fetch(`${server.url}/api/health`, { headers: { cookie } })).json()) as Health;
    }
    t.match(health, {
      state: 'degraded',
      troubles: [{ what: 'webhook', message: /^webhook dead: it could not/ }],
    });
    t.notMatch(JSON.stringify(health), /secret-path/);
  },
);

t.test('where the file is wrong nothing starts', async (t) => {
  await t.rejects(recorder(t, 'targets: [{ name: a }]'), { code: 'POLICY_INVALID' });
});
