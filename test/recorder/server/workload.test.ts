/** A Pod signs in by its ServiceAccount's token: it writes evidence of itself, asks for itself, and sees nothing. */
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import type { Identity } from '../../../recorder/audit/identity.ts';
import {
  type Answer,
  decodeAnswer,
  encodeAppend,
  SUBPROTOCOL,
} from '../../../recorder/server/ingest/frame.ts';
import { workloads } from '../../../sidecar/identity/workloads.ts';
import { bound, Issuing, POD } from '../../sidecar/identity/issuing.ts';
import { ID, outputDraft, startDraft, startWorld } from './world.ts';

const pod = { namespace: 'agents', serviceAccount: 'cursor', ...POD };
const PROVEN_GROUPS = ['system:serviceaccounts', 'system:serviceaccounts:agents'];
const OWN: Identity = { user: 'system:serviceaccount:agents:cursor', groups: [], pod, proof: 'claimed' };

async function stage(t: Test) {
  const issuing = await Issuing.start(t);
  const { server, clock } = issuing;
  const door = workloads({ check: 'review', audiences: ['chaperone'], server, clock });
  const world = await startWorld(t, { workloads: door });
  const bearer = async (claims?: object) => ({ authorization: `Bearer ${await issuing.token(claims)}` });
  return { issuing, world, bearer };
}

/** What the recorder says to one append after another. */
async function write(
  url: string,
  headers: Record<string, string>,
  appends: Parameters<typeof encodeAppend>[],
) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ingest`, SUBPROTOCOL, { headers });
  const answers: Answer[] = [];
  const refused = new Promise<string>((resolve) => socket.once('error', ({ message }) => resolve(message)));
  const opened = await Promise.race([once(socket, 'open').then(() => null), refused]);
  if (opened !== null) return opened;
  for (const append of appends) {
    const answered = once(socket, 'message');
    socket.send(encodeAppend(...append));
    answers.push(decodeAnswer((await answered)[0] as Buffer));
  }
  socket.close();
  await once(socket, 'close');
  return answers.map((answer) => (answer.kind === 'failed' ? answer.code : answer.kind));
}

t.test('it writes sessions of its own Pod, and no others', async (t) => {
  const { world, bearer } = await stage(t);
  const headers = await bearer();
  const at = 1_700_000_000_000_000;
  const other = (n: number) => ID.replace(/.$/, String(n));
  const as = (more: object) => startDraft(at, { ...OWN, pod: { ...pod, ...more } });
  t.same(
    await write(world.server.url, headers, [
      [1, ID, [startDraft(at, OWN)]],
      [2, ID, [outputDraft('one', at + 1)]],
      [3, other(2), [as({ uid: 'another' })]],
      [4, other(3), [as({ name: 'web-2' })]],
      [5, other(4), [as({ namespace: 'prod' })]],
      [6, other(5), [as({ serviceAccount: 'admin' })]],
      [7, other(6), [startDraft(at, { user: 'person', groups: [], proof: 'claimed' })]],
      [8, other(7), [startDraft(at, { ...OWN, proof: 'signed' })]],
      [9, 'system', [{ at, body: { type: 'policy.loaded', digest: 'x', source: 'y' } }]],
    ]),
    ['stored', 'stored', ...Array.from({ length: 7 }, () => 'FORBIDDEN')],
  );
  await write(world.server.url, await bearer(), []);
  t.match(await world.log.bodies('system'), [
    { type: 'access.login', how: 'workload', user: OWN.user, login: `pod-${POD.uid}` },
  ]);
});

t.test('it sees nothing, whoever it is', async (t) => {
  const { world, bearer } = await stage(t);
  const headers = await bearer();
  for (const { method, path, needs } of world.server.table) {
    if (needs === null || needs === 'evidence.write' || needs === 'approvals.ask') continue;
    const address = path.replace(':id', ID);
    if (method === 'WebSocket') {
      const socket = new WebSocket(`${world.server.url.replace('http', 'ws')}${address}`, { headers });
      const [{ message }] = (await once(socket, 'error')) as [Error];
      t.match(message, /403/, address);
      continue;
    }
    const { status } = await world.get(address, { method, headers });
    t.equal(status, 403, `${method} ${path}`);
  }
  t.same(await write(world.server.url, { cookie: 'x=y' }, []), 'Unexpected server response: 401');
});

t.test('it asks for itself only', async (t) => {
  const { world, bearer } = await stage(t);
  const headers = { ...(await bearer()), 'content-type': 'application/json' };
  const asking = (requester: Identity) =>
    JSON.stringify({
      ...{ session: ID, requester, digest: 'a'.repeat(64), rule: 'p/r', reason: 'because' },
      asked: { kind: 'command', line: 'ls', cwd: '/', commands: [], unknown: [] },
      terms: { groups: [], quorum: 1, selfApproval: false, timeout: 60_000_000, validity: 60_000_000 },
    });
  const ask = (requester: Identity) =>
    world.get('/api/approvals', { method: 'POST', headers, body: asking(requester) });
  t.equal((await ask({ ...OWN, pod: { ...pod, uid: 'another' } })).status, 403);
  t.equal((await ask({ user: 'person', groups: [], proof: 'claimed' })).status, 403);
  const asked = ask({ ...OWN, groups: ['admins'], humans: ['sixth'], conversation: 'c' });
  const waiting = () => world.desk.list()[0]?.request;
  while (waiting() === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  t.strictSame(
    waiting()!.requester,
    { ...OWN, groups: PROVEN_GROUPS, conversation: 'c', proof: 'signed' },
    'what the login proves, and nothing that was said beside it',
  );
  await t.rejects(
    world.desk.vote(waiting()!.id, { user: OWN.user, groups: [], login: 'x' }, { vote: 'approve' }),
    { code: 'FORBIDDEN' },
  );
  await world.desk.vote(waiting()!.id, { user: 'sixth', groups: [], login: 'y' }, { vote: 'deny' });
  t.match((await asked).text, /"state":"denied"/);
});

t.test('tokens that open nothing', async (t) => {
  const { issuing, world, bearer } = await stage(t);
  const bad = [
    await bearer(bound({ pod: null })),
    await bearer({ ...bound(), aud: ['https://kubernetes.default.svc'] }),
    await bearer({ ...bound(), exp: issuing.time - 1 }),
    await bearer({ ...bound(), sub: 'system:serviceaccount:agents' }),
    await bearer({ ...bound(), sub: 'person' }),
  ];
  issuing.gone.add(bound({ name: 'former' }).sub);
  bad.push(await bearer(bound({ name: 'former' })));
  for (const headers of bad)
    t.equal(await write(world.server.url, headers, []), 'Unexpected server response: 401');
  t.notOk((await world.log.bodies('system')).some(({ type }) => type === 'access.login'));
});
