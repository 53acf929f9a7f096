/** POST /api/policy/explain: who may ask, what may be asked, and that nothing is left of it. */
import t from 'tap';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { Explanation } from '../../../recorder/server/explanation.ts';
import type { Asked } from '../../../recorder/server/routes/policy.ts';
import { startServer } from '../../../recorder/server/server.ts';
import { explainerOf } from '../../../sidecar/cli/explainer.ts';
import { systemClock } from '../../../sidecar/clock.ts';
import { policyOf } from '../../../sidecar/policy/policy-file.ts';
import { newData, sessionId, start } from '../log/sample.ts';

const TEXT = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: team }
spec:
  defaults: { commands: allow }
  subjects: [{ users: [reviewer] }]
  commands: [{ name: no-srv, match: { writes: [/srv/**] }, effect: deny, reason: No. }]
`;

t.test('the policy in force, asked', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data });
  await log.append(sessionId(1), [start('reviewer')]);
  const policy = await policyOf(TEXT, 'policy.yaml');
  const { explain } = explainerOf(() => policy);
  const heard: Asked[] = [];
  const explainer = {
    explain: (asked: Asked) => {
      heard.push(asked);
      return explain(asked);
    },
  };
  const server = await startServer({ log, data, port: 0, assets: null, clock: systemClock, explainer });
  t.teardown(async () => {
    await server.close();
    await log.close();
  });
  const link = new URL(server.loginUrl());
  const cookie = (await fetch(link, { redirect: 'manual' })).headers.getSetCookie()[0]!.split(';')[0]!;
  const own = { cookie, origin: server.url, 'content-type': 'application/json' };
  const ask = (body: string, headers: Record<string, string> = own) =>
    fetch(`${server.url}/api/policy/explain`, { method: 'POST', body, headers });

  const answer = await ask(JSON.stringify({ text: 'touch x', session: sessionId(1) }));
  t.equal(answer.status, 200);
  t.match((await answer.json()) as Explanation, {
    decision: { effect: 'deny', rule: 'team/no-srv' },
    subject: { cwd: '/srv' },
  });
  t.match(heard, [{ identity: { user: 'reviewer' }, cwd: '/srv' }], 'as who acted in the session, and where');
  t.match(await (await ask(JSON.stringify({ text: 'touch x', cwd: '/srv' }))).json(), {
    decision: { rule: 'default/commands' },
    policy: { applying: [], others: ['team'] },
  });

  await t.test('refused', async (t) => {
    const { 'content-type': _, ...untyped } = own;
    const refusals: [status: number, response: Promise<Response>][] = [
      [401, ask('{"text":"ls"}', { 'content-type': 'application/json' })],
      [403, ask('{"text":"ls"}', { ...own, origin: 'http://127.0.0.1:1' })],
      [400, ask('{"text":"ls"}', untyped)],
      [400, ask('{"text":1}')],
      [400, ask('{"text":"ls","user":"root"}')],
      [400, ask('{"text":"GET /api/v1/../x"}')],
      [400, ask(JSON.stringify({ text: 'x'.repeat(17_000) }))],
      [413, ask(JSON.stringify({ text: 'x'.repeat(200_000) }))],
      [404, ask(JSON.stringify({ text: 'ls', session: sessionId(7) }))],
    ];
    for (const [status, response] of refusals) t.equal((await response).status, status);
  });
  t.equal((await log.sessions()).sessions.length, 1, 'nothing was recorded');
});

t.test('without a policy at hand it says so', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data });
  const server = await startServer({ log, data, port: 0, assets: null, clock: systemClock });
  t.teardown(async () => {
    await server.close();
    await log.close();
  });
  const cookie = (await fetch(server.loginUrl(), { redirect: 'manual' })).headers
    .getSetCookie()[0]!
    .split(';')[0]!;
  const headers = { cookie, origin: server.url, 'content-type': 'application/json' };
  const answer = await fetch(`${server.url}/api/policy/explain`, {
    method: 'POST',
    body: '{"text":"ls"}',
    headers,
  });
  t.equal(answer.status, 404);
  t.match(await answer.json(), {
    error: { code: 'NOT_FOUND', message: /no policy is in force in this process/ },
  });
});
