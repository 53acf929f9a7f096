/** What the API says of sessions, against the real log. */
import { once } from 'node:events';
import { request } from 'node:http';
import t from 'tap';
import type { EventLine } from '../../../recorder/server/api.ts';
import { decisionDraft, endDraft, ID, outputDraft, startDraft, startWorld, type World } from './world.ts';

t.test('the list, a session, its events', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [
    startDraft(),
    outputDraft('hello\r\n'),
    decisionDraft('rm -rf /', false),
    endDraft(),
  ]);
  const list = JSON.parse((await world.api('/api/sessions')).text);
  t.match(list.sessions, [{ id: ID, state: 'ended', events: 4, refused: 1 }]);
  t.equal(JSON.parse((await world.api('/api/sessions?search=nowhere')).text).sessions.length, 0);
  t.equal(JSON.parse((await world.api('/api/sessions?search=RM')).text).sessions.length, 1);
  t.match(JSON.parse((await world.api(`/api/sessions/${ID}`)).text), { id: ID, command: ['bash'] });

  const all = lines<EventLine>((await world.api(`/api/sessions/${ID}/events`)).text);
  t.same(
    all.map(({ event }) => event.seq),
    [0, 1, 2, 3],
  );
  t.notOk(
    all.some((line) => 'content' in line),
    'bytes only if asked for',
  );
  const decided = lines<EventLine>(
    (await world.api(`/api/sessions/${ID}/events?type=command.decided&from=1`)).text,
  );
  t.match(decided, [{ event: { seq: 2, body: { line: 'rm -rf /', allowed: false } } }]);
  const withContent = lines<EventLine>(
    (await world.api(`/api/sessions/${ID}/events?content=base64&from=1`)).text,
  );
  t.equal(Buffer.from(withContent[0]!.content!, 'base64').toString(), 'hello\r\n');
  // That these were asked for is recorded as well: the head may move between one question and the next.
  const earlier = await world.log.checkpoint();
  const told = (await world.api('/api/checkpoint')).text;
  const later = await world.log.checkpoint();
  t.equal(told, told === earlier ? earlier : later);
});

t.test('pages hang together', async (t) => {
  const world = await startWorld(t);
  const ids = Array.from({ length: 5 }, (_, n) => ID.slice(0, -1) + n);
  for (const id of ids) await world.log.append(id, [startDraft()]);
  const seen: string[] = [];
  let before = '';
  do {
    const page = JSON.parse((await world.api(`/api/sessions?limit=2${before}`)).text);
    seen.push(...page.sessions.map(({ id }: { id: string }) => id));
    before = page.next === undefined ? '' : `&before=${encodeURIComponent(page.next)}`;
  } while (before !== '');
  t.same(seen, ids.reverse());
});

t.test('the recording in each format, and as a download', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft(), outputDraft('hello\r\n'), endDraft()]);
  const cast = (query: string) => world.api(`/api/sessions/${ID}/cast${query}`);
  t.equal(JSON.parse((await cast('')).text.split('\n')[0]!).version, 3);
  t.equal(JSON.parse((await cast('?format=v2')).text.split('\n')[0]!).version, 2);
  t.match((await cast('?format=txt')).text, 'hello');
  t.match((await cast('?format=json')).text, '"session.output"');
  const download = await cast('?format=v2&download=1');
  t.equal(download.headers['content-disposition'], `attachment; filename="chaperone-${ID}.cast"`);
  t.equal((await cast('?format=exe')).status, 400);
  const found = lines<{ line: string }>((await world.api(`/api/sessions/${ID}/search?q=HELL`)).text);
  t.match(found, [{ line: 'hello' }]);
  t.equal((await world.api(`/api/sessions/${ID}/search?q=nowhere`)).text, '');
  t.equal((await world.api(`/api/sessions/${ID}/search`)).status, 400);
});

t.test('unknown sessions and wrong parameters', async (t) => {
  const world = await startWorld(t);
  const none = ID.replace('1', '2');
  for (const id of [none, 'x', '..', '%2e%2e', '%20', 'é', ID.toLowerCase(), `${ID}0`, '%ff']) {
    for (const rest of ['', '/cast', '/events', '/search?q=a']) {
      const reply = await world.api(`/api/sessions/${encodeURI(id).replaceAll('%25', '%')}${rest}`);
      t.match(String(reply.status), /^40[04]$/, `${id}${rest}`);
      t.match(JSON.parse(reply.text), { error: { code: String, message: String } });
    }
  }
  t.equal((await world.api(`/api/verify?session=${none}`)).status, 404);
  for (const query of [
    'limit=0',
    'limit=501',
    'limit=x',
    'limit=-1',
    'limit=1e2',
    'limit=',
    'before=%00%ff',
    'before=system',
    'before=zzz',
    `search=${'x'.repeat(1001)}`,
  ]) {
    const { status } = await world.api(`/api/sessions?${query}`);
    t.equal(status, 400, query);
  }
  await world.log.append(ID, [startDraft()]);
  for (const query of ['from=-1', 'from=x', 'from=99999999999999999', 'content=hex']) {
    t.equal((await world.api(`/api/sessions/${ID}/events?${query}`)).status, 400, query);
  }
  t.equal((await world.get('/api/sessions', { method: 'DELETE', headers: bearer(world) })).status, 405);
});

t.test('who looked is in the log, once for a look, each time for an export', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft(), outputDraft('hello'), endDraft()]);
  const cookie = await world.login();
  const browse = (path: string) => world.get(`/api/sessions/${ID}/${path}`, { headers: { cookie } });
  await Promise.all(['cast', 'cast', 'events?type=command.decided', 'search?q=h'].map(browse));
  await browse('cast');
  await browse('cast?download=1');
  await browse('cast?download=1');
  const name = JSON.parse((await world.get('/api/whoami', { headers: { cookie } })).text).name;
  const viewed = async () =>
    (await world.log.bodies('system')).filter(({ type }) => type === 'access.viewed');
  t.same(
    await viewed(),
    ['replay', 'search', 'export', 'export'].map((what) => ({
      ...{ type: 'access.viewed', session: ID, what, by: name, user: 'admin' },
    })),
  );
  world.clock.step(10 * 60 * 1_000_000);
  await browse('cast');
  t.equal((await viewed()).length, 5);
  const system = lines<EventLine>((await world.api('/api/sessions/system/events?type=access.viewed')).text);
  t.ok(system.length >= 4, 'and can be read');
});

t.test('what cannot be recorded is not shown', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft(), outputDraft('hello'), endDraft()]);
  const cookie = await world.login();
  world.log.before = () => Promise.reject(new Error('no space'));
  for (const path of ['cast', 'events', 'search?q=hello', 'cast?download=1']) {
    const reply = await world.get(`/api/sessions/${ID}/${path}`, { headers: { cookie } });
    t.equal(reply.status, 500, path);
    t.notMatch(reply.text, 'hello');
  }
});

t.test('following: what is there, what comes, and the end', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft(), outputDraft('one')]);
  const response = await open(world, `/api/sessions/${ID}/events?follow=1&content=base64`);
  const seqs: number[] = [];
  let text = '';
  for await (const chunk of response) {
    text += chunk;
    const whole = text.split('\n').slice(0, -1);
    seqs.splice(0, seqs.length, ...whole.map((line) => (JSON.parse(line) as EventLine).event.seq));
    if (seqs.length === 2) await world.log.append(ID, [outputDraft('two')]);
    if (seqs.length === 3) await world.log.append(ID, [endDraft()]);
  }
  t.same(seqs, [0, 1, 2, 3]);
});

t.test('a reader that stops reading holds the log back, not the memory', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft()]);
  const chunk = Buffer.alloc(1 << 20, 'x');
  const total = 64;
  for (let n = 0; n < total; n += 1) await world.log.append(ID, [outputDraft(chunk)]);
  await world.log.append(ID, [endDraft()]);
  let read = 0;
  const events = world.log.events;
  world.log.events = async function* (id, options) {
    for await (const stored of events(id, options)) {
      read += 1;
      yield stored;
    }
  };
  const response = await open(world, `/api/sessions/${ID}/events?content=base64`);
  response.pause();
  let before = -1;
  // The kernel's buffers fill first; then nothing may move.
  for (let still = 0; still < 10; still = read === before ? still + 1 : 0) {
    before = read;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.ok(read < total / 2, `${read} of ${total} MB were read ahead`);
  let bytes = 0;
  for await (const part of response) bytes += (part as Buffer).length;
  t.ok(bytes > total * chunk.length, 'and the rest comes when it reads on');
  t.equal(read, total + 2);
});

t.test('a reader that goes away ends the reading', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft()]);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const follow = world.log.follow;
  world.log.follow = async function* (id, options) {
    try {
      yield* follow(id, options);
    } finally {
      resolve();
    }
  };
  const response = await open(world, `/api/sessions/${ID}/events?follow=1`);
  await once(response, 'data');
  response.destroy();
  await ended;
  t.pass();
});

t.test('an error in the middle: JSON lines end in it, a recording breaks off', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft(), outputDraft('x'.repeat(200_000)), endDraft()]);
  const events = world.log.events;
  world.log.events = async function* (id, options) {
    for await (const stored of events(id, options)) {
      if (stored.event.seq === 2) throw new Error('a secret path');
      yield stored;
    }
  };
  const reply = await world.api(`/api/sessions/${ID}/events`);
  t.match(JSON.parse(reply.text.trim().split('\n').at(-1)!), { error: { code: 'STORE_FAILED' } });
  t.notMatch(reply.text, 'secret');
  t.match(world.reported, [{ message: 'a secret path' }]);
  await t.rejects(world.api(`/api/sessions/${ID}/cast`), { code: 'ECONNRESET' });
});

t.test('closing ends those who follow, and lets a download finish', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft(), outputDraft('x'.repeat(3_000_000))]);
  const follower = await open(world, `/api/sessions/${ID}/events?follow=1`);
  const download = await open(world, `/api/sessions/${ID}/cast`);
  const closed = world.server.close();
  follower.resume();
  let bytes = 0;
  for await (const part of download) bytes += (part as Buffer).length;
  await closed;
  t.ok(bytes > 3_000_000);
});

function bearer(world: World): Record<string, string> {
  return { authorization: `Bearer ${world.token}` };
}

function lines<T>(text: string): T[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

async function open(world: World, path: string) {
  const outgoing = request(`${world.server.url}${path}`, { headers: bearer(world), agent: false }).end();
  const [response] = await once(outgoing, 'response');
  return response as import('node:http').IncomingMessage;
}
