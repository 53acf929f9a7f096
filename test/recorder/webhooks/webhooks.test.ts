/** Receivers on real sockets: slow, dead, refusing, endless; none of them is waited for, and none is forgotten. */
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Desk } from '../../../recorder/approvals/desk.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { Payload } from '../../../recorder/webhooks/message.ts';
import { httpPoster } from '../../../recorder/webhooks/post.ts';
import type { Patience } from '../../../recorder/webhooks/retries.ts';
import { type TargetSettings, USUAL } from '../../../recorder/webhooks/settings.ts';
import { MOST_QUEUED } from '../../../recorder/webhooks/target.ts';
import { Webhooks } from '../../../recorder/webhooks/webhooks.ts';
import { approver, asking, clock, deskOn, SECOND, waiting } from '../approvals/sample.ts';
import { newData } from '../log/sample.ts';
import { type Got, receiver } from './receiver.ts';

const SECRET = Buffer.alloc(32, 9);
const PATIENCE: Patience = { first: 10, longest: 40, attempts: 5, age: 3_600_000 };
const TIMEOUT = 300;

function target(url: URL, change: Partial<TargetSettings> = {}): TargetSettings {
  const rest = {
    shape: 'json',
    secret: SECRET,
    types: USUAL,
    groups: null,
    kinds: null,
    rules: null,
    namespaces: null,
  } as const;
  return { name: 'oncall', url, ...rest, ...change };
}

interface Scene {
  desk: Desk;
  log: AuditLog;
  data: string;
}

async function telling(
  t: Pick<Test, 'teardown'>,
  { desk, log, data }: Scene,
  targets: readonly TargetSettings[],
  patience = PATIENCE,
) {
  const said: string[] = [];
  const webhooks = await Webhooks.start({
    ...{ desk, archive: log, data, targets, clock, patience, poster: httpPoster(TIMEOUT) },
    ...{ page: 'https://chaperone.example.com', say: (line: string) => said.push(line) },
  });
  t.teardown(() => webhooks.close());
  return { webhooks, said };
}

/** Asked, and cancelled: two messages. */
async function askAndCancel(desk: Desk, change = {}, terms = {}): Promise<string> {
  const asked = desk.ask(asking(change, terms));
  const id = await waiting(desk);
  await desk.cancel(id, 'agent');
  await asked;
  return id;
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(5);
}

/** As a receiver checks it by the specification. */
function isGenuine({ headers, body }: Got): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers;
  const expected = createHmac('sha256', SECRET).update(`${id}.${timestamp}.${body}`).digest('base64');
  return signature === `v1,${expected}` && Math.abs(Number(timestamp) - Date.now() / 1000) < 60;
}

const payloadOf = ({ body }: Got): Payload => JSON.parse(body);

t.test('what is told, signed, with a link that decides nothing', async (t) => {
  const scene = await deskOn(t);
  const { url, count } = await receiver(t);
  await telling(t, scene, [target(url)]);
  const asked = scene.desk.ask(asking({}, { groups: ['leads'] }));
  const id = await waiting(scene.desk);
  await scene.desk.vote(id, approver('reviewer', 'leads'), {
    vote: 'approve',
    comment: 'go',
    grant: 60 * SECOND,
  });
  await asked;
  await scene.desk.revoke(id, approver('lead'));
  const got = await count(3);
  const all = got.map(payloadOf);
  const of = (type: string) => all.find((one) => one.type === type);
  t.ok(got.every(isGenuine));
  t.equal(new Set(got.map(({ headers }) => headers['webhook-id'])).size, 3);
  t.match(of('approval.requested'), {
    ...{ version: 1, type: 'approval.requested', timestamp: /^\d{4}-.*Z$/ },
    data: {
      ...{ id, url: `https://chaperone.example.com/approvals/${id}`, state: 'pending', kind: 'command' },
      ...{ what: 'make deploy', cut: false, groups: ['leads'], quorum: 1, votes: [] },
      requester: { user: 'agent', proof: 'claimed', conversation: 'c1' },
    },
  });
  t.match(of('approval.approved'), {
    data: {
      state: 'approved',
      votes: [{ user: 'reviewer', vote: 'approve', comment: 'go' }],
      grantedUntil: /Z$/,
    },
  });
  t.ok(of('approval.revoked'));
});

t.test('only what somebody wants to hear of', async (t) => {
  const scene = await deskOn(t);
  const few = await receiver(t);
  const leads = await receiver(t);
  await telling(t, scene, [
    target(few.url, { name: 'few', types: ['approval.cancelled'] }),
    target(leads.url, { name: 'leads', groups: ['leads'] }),
  ]);
  await askAndCancel(scene.desk, {}, { groups: ['dev'] });
  const any = await askAndCancel(scene.desk);
  const ours = await askAndCancel(scene.desk, {}, { groups: ['dev', 'leads'] });
  t.equal((await few.count(3)).length, 3);
  t.same(new Set((await leads.count(4)).map((got) => payloadOf(got).data.id)), new Set([any, ours]));
  t.ok(few.got.every((got) => payloadOf(got).type === 'approval.cancelled'));
});

t.test('what it refuses is tried again, under the same id, with a signature of that time', async (t) => {
  const scene = await deskOn(t);
  const { url, got, count } = await receiver(t, (response, number) =>
    response.writeHead([500, 429, 302, 200][number] ?? 200, { location: '/elsewhere' }).end(),
  );
  const { webhooks, said } = await telling(t, scene, [target(url, { types: ['approval.cancelled'] })]);
  await askAndCancel(scene.desk);
  await count(4);
  await until(() => webhooks.troubles().length === 0);
  t.ok(got.every(isGenuine));
  t.equal(new Set(got.map(({ headers }) => headers['webhook-id'])).size, 1);
  t.ok(
    got.every(({ path }) => path === '/hooks/secret-path'),
    'a redirect is not followed',
  );
  t.match(said, [/^webhook oncall: it answered with status 500/, /^webhook oncall: works again$/]);
  t.notMatch(JSON.stringify(said), /secret-path/);
});

t.test('a receiver that is dead, silent or endless delays nobody, and is given up in the end', async (t) => {
  const scene = await deskOn(t);
  const dead = await receiver(t);
  await dead.close();
  const silent = await receiver(t, () => {});
  const endless = await receiver(t, (response) => {
    const chunk = Buffer.alloc(65_536);
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
  });
  const well = await receiver(t);
  const { webhooks, said } = await telling(t, scene, [
    target(dead.url, { name: 'dead' }),
    target(silent.url, { name: 'silent' }),
    target(endless.url, { name: 'endless' }),
    target(well.url, { name: 'well' }),
  ]);
  await askAndCancel(scene.desk);
  await well.count(2);
  t.equal((await endless.count(2)).length, 2, 'its status is all that counts');
  await until(() => said.some((line) => /^webhook silent: gives up/.test(line)));
  await until(() => said.some((line) => /^webhook dead: gives up/.test(line)));
  await until(() => silent.got.length === 2 * PATIENCE.attempts);
  await until(() => webhooks.troubles().every((line) => / 0 wait, 2 given up/.test(line)));
  t.match(webhooks.troubles(), [
    /^webhook dead: it could not be reached \(ECONNREFUSED\); 0 wait, 2 given up$/,
    /^webhook silent: it did not answer within 0.3 s; /,
  ]);
  t.equal(well.got.length, 2);
  t.equal(endless.got.length, 2);
});

t.test('one that is too slow for what happens loses the oldest, and that is said', async (t) => {
  const scene = await deskOn(t);
  const { url } = await receiver(t, () => {});
  const slow = { ...PATIENCE, first: 60_000, longest: 60_000 };
  const { webhooks, said } = await telling(t, scene, [target(url)], slow);
  for (let number = 0; number * 2 < MOST_QUEUED + 20; number++) await askAndCancel(scene.desk);
  await until(() => webhooks.troubles().length === 1);
  t.match(webhooks.troubles()[0], new RegExp(`; ${MOST_QUEUED} wait, \\d+ given up$`));
  t.ok(said.includes('webhook oncall: gives up messages: see /api/health'));
});

t.test('one that wants no more is left alone', async (t) => {
  const scene = await deskOn(t);
  const { url, got, count } = await receiver(t, (response) => response.writeHead(410).end());
  const { webhooks } = await telling(t, scene, [target(url, { types: ['approval.cancelled'] })]);
  await askAndCancel(scene.desk);
  await count(1);
  await until(() => webhooks.troubles().length === 1);
  await askAndCancel(scene.desk);
  await sleep(50);
  t.equal(got.length, 1);
  t.match(webhooks.troubles(), [/wants no more/]);
});

t.test('a restart: what was not told yet is told by the next recorder, and nothing of before', async (t) => {
  const data = newData();
  const first = await deskOn(t, data);
  let isUp = false;
  const { url, got, count } = await receiver(t, (response) => response.writeHead(isUp ? 200 : 503).end());
  const slow = { ...PATIENCE, first: 60_000, longest: 60_000 };
  const old = await askAndCancel(first.desk);
  const { webhooks } = await telling(t, first, [target(url)], slow);
  const id = await askAndCancel(first.desk);
  await count(2);
  await until(() => webhooks.troubles().length === 1);
  await webhooks.close();
  // Nobody tells of this one.
  const alone = await askAndCancel(first.desk);
  first.desk.close();
  await first.log.close();

  isUp = true;
  const log = await AuditLog.open({ data });
  t.teardown(() => log.close());
  const next = await telling(t, { desk: first.desk, log, data }, [target(url)], slow);
  await count(6);
  t.equal(got.length, 6);
  const told = got.slice(2).map(payloadOf);
  for (const one of [id, alone])
    t.same(
      told
        .filter(({ data }) => data.id === one)
        .map(({ type }) => type)
        .sort(),
      ['approval.cancelled', 'approval.requested'],
    );
  t.notOk(got.some((one) => payloadOf(one).data.id === old));
  const ids = (all: readonly Got[]) => new Set(all.map(({ headers }) => headers['webhook-id']));
  t.ok(
    [...ids(got.slice(0, 2))].every((one) => ids(got.slice(2)).has(one)),
    'under the same id',
  );
  await next.webhooks.close();

  const again = await telling(t, { desk: first.desk, log, data }, [target(url)], slow);
  await sleep(50);
  t.equal(got.length, 6, 'nothing is told again');
  t.same(again.webhooks.troubles(), []);
});
