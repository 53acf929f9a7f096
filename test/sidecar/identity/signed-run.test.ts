/** For whom the agent works: a real issuer, a real socket, and tokens that prove it or do not. */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { fetchJson } from '../../../recorder/token/fetch-json.ts';
import { discoveredKeys } from '../../../recorder/token/issuer.ts';
import { IssuerKeys } from '../../../recorder/token/keys.ts';
import { runToken } from '../../../sidecar/identity/run-token.ts';
import { RUN_TIMES, SignedRun } from '../../../sidecar/identity/signed-run.ts';
import { Clock, forge, NOW, newPair, type Pair, sign } from '../../recorder/token/signing.ts';
import { temporaryDirectory } from '../../temporary.ts';

const [first, second, stranger] = await Promise.all([newPair(), newPair(), newPair()]);
const RUN = {
  sub: 'run',
  cloud_agent_id: 'bc-1',
  owner_email: 'ada@shop.example',
  team_id: 7,
  turn_id: 'turn-1',
};
const CLAIMED: Identity = { user: 'agent', groups: [], conversation: 'c-1', proof: 'hook' };
const directory = temporaryDirectory();
let sockets = 0;

interface Test {
  teardown(action: () => unknown): void;
}

async function listening(t: Test, server: Server, path?: string): Promise<void> {
  server.listen(path === undefined ? { host: '127.0.0.1', port: 0 } : { path });
  await once(server, 'listening');
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    if (path !== undefined) await rm(path, { force: true });
  });
}

type Mint = (aud: string, issuer: string) => Promise<string> | string;

/** An issuer with one published key, and the socket of a worker. */
async function world(t: Test, mint: Mint) {
  const clock = new Clock();
  const published: Pair[] = [first];
  let issuer = '';
  const provider = createServer(({ url }, response) => {
    const keys = { keys: published.map(({ jwk }) => jwk) };
    response.end(JSON.stringify(url === '/jwks' ? keys : { issuer, jwks_uri: `${issuer}/jwks` }));
  });
  await listening(t, provider);
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const state = { mint, asked: [] as string[] };
  const path = join(directory, `s${sockets++}`);
  const worker = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { aud } = JSON.parse(body);
    state.asked.push(`${request.method} ${request.url} ${aud}`);
    response.end(JSON.stringify({ token: await state.mint(aud, issuer) }));
  });
  await listening(t, worker, path);
  const reported: string[] = [];
  const run = new SignedRun({
    ...{ issuer, clock, times: { ...RUN_TIMES, rest: 20_000, retry: 60_000 } },
    ask: (audience) => runToken(path, audience),
    keys: new IssuerKeys({ load: discoveredKeys(issuer, fetchJson()), clock }),
    report: (error) => reported.push((error as Error).message),
  });
  t.teardown(() => run.close());
  return { run, clock, published, state, reported };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

t.test('a signed token names the person, the run and the turn', async (t) => {
  const { run, state, clock, reported } = await world(t, (aud, iss) => sign(first, { ...RUN, iss, aud }));
  t.equal(run.of(CLAIMED), CLAIMED, 'nobody waits for it');
  await until(() => run.current() !== null);
  t.match(run.current(), {
    run: { subject: 'run', agent: 'bc-1', turn: 'turn-1', team: '7' },
    humans: ['ada@shop.example'],
    until: (NOW + 300) * 1e6,
  });
  t.match(run.of(CLAIMED), { ...CLAIMED, humans: ['ada@shop.example'], proof: 'signed' });
  t.match(run.of({ ...CLAIMED, humans: ['owner'] }).humans, ['owner', 'ada@shop.example']);

  state.mint = (aud, iss) => sign(first, { ...RUN, iss, aud, turn_id: 'turn-2' });
  run.ask();
  run.ask();
  await until(() => run.current()?.run.turn === 'turn-2');
  t.match(state.asked[0], /^POST \/v1\/tokens\/oidc chaperone:[0-9a-f-]{36}$/);
  t.equal(new Set(state.asked).size, state.asked.length, 'no audience is used twice');
  clock.seconds += 301;
  t.equal(run.current(), null, 'it has run out');
  t.equal(run.of(CLAIMED), CLAIMED);
  t.same(reported, []);
});

t.test('before it runs out it is asked for anew', async (t) => {
  const { state } = await world(t, (aud, iss) => sign(first, { ...RUN, iss, aud, exp: NOW + 60 }));
  await until(() => state.asked.length >= 3);
  t.pass('it was');
});

const NOT_PROVEN: Record<string, Mint> = {
  expired: (aud, iss) => sign(first, { ...RUN, iss, aud, exp: NOW - 61 }),
  'for somebody else': (_aud, iss) => sign(first, { ...RUN, iss, aud: 'chaperone' }),
  'of another issuer': (aud) => sign(first, { ...RUN, iss: 'https://api.cursor.example', aud }),
  'without a signature': (aud, iss) => forge({ alg: 'none' }, { ...RUN, iss, aud, exp: NOW + 300 }),
  'of a stranger': (aud, iss) => sign({ ...stranger, kid: first.kid }, { ...RUN, iss, aud }),
  'with an unknown key': (aud, iss) => sign(stranger, { ...RUN, iss, aud }),
};

for (const [what, mint] of Object.entries(NOT_PROVEN))
  t.test(`a token ${what} proves nothing`, async (t) => {
    const { run, state, reported } = await world(t, mint);
    await until(() => state.asked.length >= 3);
    t.equal(run.current(), null);
    t.equal(reported.length, 1, 'it is said once');
    state.mint = (aud, iss) => sign(first, { ...RUN, iss, aud });
    await until(() => run.current() !== null);
    t.match(run.of(CLAIMED), { proof: 'signed' }, 'and it is tried again');
  });

t.test('keys that the issuer exchanges', async (t) => {
  const { run, published, state, clock } = await world(t, (aud, iss) => sign(first, { ...RUN, iss, aud }));
  await until(() => run.current() !== null);
  published.splice(0, 1, second);
  state.mint = (aud, iss) => sign(second, { ...RUN, iss, aud, turn_id: 'turn-2' });
  clock.seconds += 11;
  run.ask();
  await until(() => run.current()?.run.turn === 'turn-2');
  t.pass('it is known by its new key');
});

t.test('what it says is no longer than what is kept', async (t) => {
  const strange = { owner_email: 'a\nb', cloud_agent_id: 'x'.repeat(300), turn_id: ['t'], team_id: null };
  const { run } = await world(t, (aud, iss) =>
    sign(first, { ...RUN, ...strange, iss, aud, exp: NOW + 90_000 }),
  );
  await until(() => run.current() !== null);
  t.match(run.current(), {
    humans: [],
    run: { agent: '', turn: '', team: '' },
    until: NOW * 1e6 + RUN_TIMES.longest,
  });
});

t.test('whatever is behind the socket', async (t) => {
  const token = await sign(first);
  const answering = async (answer: RequestListener, patience = 2000) => {
    const path = join(directory, `s${sockets++}`);
    await listening(t, createServer(answer), path);
    return runToken(path, 'a', patience);
  };
  const text =
    (body: string, status = 200): RequestListener =>
    (_request, response) => {
      response.writeHead(status).end(body);
    };
  for (const body of [token, `${token}\n`, JSON.stringify(token), JSON.stringify({ id_token: token })])
    t.equal(await answering(text(body)), token);
  const GONE = { code: 'ISSUER_GONE' };
  for (const body of ['', '{', 'null', '[]', '{"token":7}', 'no.token', `a.b.${'c'.repeat(40_000)}`, '"a.b"'])
    await t.rejects(answering(text(body)), GONE, body.slice(0, 20));
  await t.rejects(answering(text(token, 500)), GONE);
  await t.rejects(
    answering((_request, response) => void response.writeHead(302, { location: '/x' }).end()),
    GONE,
  );
  await t.rejects(
    answering((request) => void request.socket.destroy()),
    GONE,
  );
  await t.rejects(
    answering(() => undefined, 50),
    GONE,
    'silence',
  );
  await t.rejects(
    answering((_request, response) => {
      const flood = setInterval(() => response.write('x'.repeat(10_000)), 1);
      response.once('close', () => clearInterval(flood));
    }),
    GONE,
    'without an end',
  );
  await t.rejects(
    answering((_request, response) => void response.writeHead(200, { 'content-length': 9 }).write('a'), 50),
    GONE,
    'half of it',
  );
  await t.rejects(runToken(join(directory, 'nobody'), 'a'), GONE);
});
