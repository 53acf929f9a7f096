/** A writer on a real socket: order, answers, rights, bounds, and what its end means. */
import { once } from 'node:events';
import t from 'tap';
import { WebSocket } from 'ws';
import type { Draft } from '../../../../recorder/audit/event.ts';
import { ChaperoneError } from '../../../../recorder/errors.ts';
import {
  type Answer,
  decodeAnswer,
  encodeAppend,
  MAX_FRAME,
  SUBPROTOCOL,
} from '../../../../recorder/server/ingest/frame.ts';
import { endDraft, ID, outputDraft, startDraft, startWorld, type World } from '../world.ts';

const OTHER = ID.replace(/1$/, '2');

t.test('appends are stored in order and answered', async (t) => {
  const world = await startWorld(t);
  const writer = await open(world);
  writer.append(ID, [startDraft()]);
  writer.append(ID, [outputDraft('one'), outputDraft('two')]);
  writer.append(ID, [endDraft()]);
  await writer.answeredUpTo(3);
  t.ok(writer.answers.every(({ kind }) => kind === 'stored'));
  t.same(
    (await world.log.bodies(ID)).map(({ type }) => type),
    ['session.start', 'session.output', 'session.output', 'session.end'],
  );
  t.equal((await world.log.session(ID)).state, 'ended');
  t.match(await world.log.bodies('system'), [{ type: 'access.login', how: 'token' }]);
});

t.test('nothing is answered before it is stored', async (t) => {
  const world = await startWorld(t);
  const writer = await open(world);
  writer.append(ID, [startDraft()]);
  await writer.answeredUpTo(1);
  const { promise, resolve } = Promise.withResolvers<void>();
  world.log.before = (session) => (session === ID ? promise : null);
  writer.append(ID, [outputDraft('one')]);
  writer.ping();
  await once(writer.socket, 'pong');
  t.equal(writer.answers.length, 1, 'the recorder has read the frame, and says nothing');
  resolve();
  await writer.answeredUpTo(2);
});

t.test('a failure is told in its place, with its code, and the rest goes on', async (t) => {
  const world = await startWorld(t);
  const writer = await open(world);
  world.log.before = (session, drafts) =>
    session === ID && isOutput(drafts, 'full')
      ? Promise.reject(new ChaperoneError('STORE_FULL', 'no space left'))
      : null;
  writer.append(ID, [startDraft()]);
  for (const text of ['one', 'full', 'three', 'full']) writer.append(ID, [outputDraft(text)]);
  writer.append(ID, [endDraft()]);
  await writer.answeredUpTo(6);
  const failed = writer.answers.filter(({ kind }) => kind === 'failed');
  t.match(failed, [
    { call: 3, code: 'STORE_FULL', message: 'no space left' },
    { call: 5, code: 'STORE_FULL' },
  ]);
  t.same(
    writer.answers.map(callOf),
    writer.answers.map(callOf).sort((a, b) => a - b),
  );
  t.equal((await world.log.session(ID)).events, 4);
});

t.test('sessions of others cannot be written, nor continued, nor begun again', async (t) => {
  const world = await startWorld(t);
  await world.log.append(OTHER, [startDraft()]);
  const [first, second] = [await open(world), await open(world)];
  first.append(ID, [startDraft()]);
  await first.answeredUpTo(1);
  const attempts: [string, Draft[]][] = [
    [ID, [outputDraft('x')]],
    [ID, [startDraft()]],
    [ID, [startDraft(), outputDraft('x')]],
    // Sent at once behind a start that will fail: must not slip through on it.
    [ID, [outputDraft('x')]],
    [OTHER, [endDraft()]],
    [OTHER, [startDraft()]],
    [ID.replace(/1$/, '3'), [outputDraft('x'), startDraft()]],
    ['system', [outputDraft('x')]],
  ];
  for (const [session, drafts] of attempts) second.append(session, drafts);
  await second.answeredUpTo(attempts.length);
  t.ok(second.answers.every(({ kind }) => kind === 'failed'));
  t.equal((await world.log.session(ID)).events, 1);
  t.equal((await world.log.session(OTHER)).events, 1);
  second.socket.terminate();
  await world.server.close();
  t.equal((await world.log.session(OTHER)).state, 'live', 'and its end cuts off none of them');
});

t.test('after its end a session is closed to its writer', async (t) => {
  const world = await startWorld(t);
  const writer = await open(world);
  writer.append(ID, [startDraft()]);
  writer.append(ID, [endDraft()]);
  writer.append(ID, [outputDraft('late')]);
  writer.append(ID, [startDraft()]);
  await writer.answeredUpTo(4);
  t.match(writer.answers.slice(-2), [
    { kind: 'failed', call: 3 },
    { kind: 'failed', call: 4 },
  ]);
});

t.test('a broken connection cuts its open sessions off, after what it had sent', async (t) => {
  const world = await startWorld(t);
  const writer = await open(world);
  writer.append(ID, [startDraft()]);
  writer.append(OTHER, [startDraft(), endDraft()]);
  writer.append(ID, [outputDraft('last words')]);
  await writer.answeredUpTo(3);
  t.equal((await world.log.session(ID)).state, 'live');
  const released = whenReleased(world);
  writer.socket.terminate();
  t.equal(await released, ID);
  t.match(await world.log.session(ID), { state: 'cut-off', events: 2 });
  t.equal((await world.log.session(OTHER)).state, 'ended');
  const again = await open(world);
  again.append(ID, [outputDraft('more')]);
  await again.answeredUpTo(1);
  t.equal(again.answers[0]?.kind, 'failed', 'nobody comes back under the same name');
});

t.test('frames that break the form close the connection, and store nothing', async (t) => {
  const good = encodeAppend(1, ID, [startDraft()]);
  const cases: [string, (Buffer | string)[], number][] = [
    ['text', ['hello'], 1002],
    ['nothing', [Buffer.alloc(0)], 1002],
    ['another kind', [Buffer.concat([Buffer.from([9]), good.subarray(1)])], 1002],
    ['cut', [good.subarray(0, 20)], 1002],
    ['call 2 first', [encodeAppend(2, ID, [startDraft()])], 1002],
    ['call 0', [encodeAppend(0, ID, [startDraft()])], 1002],
    ['the same call twice', [good, good], 1002],
    ['oversized', [Buffer.alloc(MAX_FRAME + 1)], 1009],
  ];
  for (const [what, frames, code] of cases) {
    const world = await startWorld(t);
    const writer = await open(world);
    for (const frame of frames) writer.socket.send(frame);
    const [closed] = await once(writer.socket, 'close');
    t.equal(closed, code, what);
    await world.server.close();
    const { sessions } = await world.log.sessions();
    t.equal(sessions.length, what === 'the same call twice' ? 1 : 0, what);
  }
});

t.test('what comes after a broken frame is not heard', async (t) => {
  const world = await startWorld(t);
  const writer = await open(world);
  writer.socket.send('nonsense');
  writer.append(ID, [startDraft()]);
  await once(writer.socket, 'close');
  await t.rejects(world.log.session(ID), { code: 'SESSION_UNKNOWN' });
});

t.test('a writer that is faster than the store is held back', async (t) => {
  const world = await startWorld(t);
  const writer = await open(world);
  writer.append(ID, [startDraft()]);
  await writer.answeredUpTo(1);
  const { promise, resolve } = Promise.withResolvers<void>();
  let taken = 0;
  world.log.before = (session) => {
    if (session !== ID) return null;
    taken += 1;
    return promise;
  };
  const chunk = Buffer.alloc(1 << 20);
  for (let n = 0; n < 64; n += 1) writer.append(ID, [outputDraft(chunk)]);
  let before = -1;
  for (let still = 0; still < 10; still = taken === before ? still + 1 : 0) {
    before = taken;
    await new Promise((wait) => setTimeout(wait, 20));
  }
  t.ok(taken < 32, `${taken} of 64 MB were taken in`);
  resolve();
  await writer.answeredUpTo(65);
  t.equal((await world.log.session(ID)).outputBytes, 64 << 20);
});

t.test('complaints are short, and a writer that never reads them is dropped', async (t) => {
  const world = await startWorld(t);
  const writer = await open(world);
  const odd = [
    { at: 1, body: { type: 'gap', reason: '', from: 0, ['k'.repeat(600)]: 1 } },
  ] as unknown as Draft[];
  writer.append(ID, odd);
  await writer.answeredUpTo(1);
  const [answer] = writer.answers;
  t.ok(answer?.kind === 'failed' && answer.message.length <= 500);
  writer.append(ID, [startDraft()]);
  await writer.answeredUpTo(2);
  const released = whenReleased(world);
  writer.socket.pause();
  const more = setInterval(() => {
    for (let n = 0; n < 500 && writer.socket.bufferedAmount < 1e6; n += 1) writer.append(ID, odd);
  }, 5);
  t.teardown(() => {
    clearInterval(more);
    writer.socket.terminate();
  });
  t.equal(await released, ID);
});

t.test('closing answers what was taken in, then says goodbye', async (t) => {
  const world = await startWorld(t);
  const writer = await open(world);
  writer.append(ID, [startDraft()]);
  await writer.answeredUpTo(1);
  const { promise, resolve } = Promise.withResolvers<void>();
  world.log.before = (session) => (session === ID ? promise : null);
  writer.append(ID, [outputDraft('one')]);
  writer.ping();
  await once(writer.socket, 'pong');
  const closed = world.server.close();
  setTimeout(resolve, 20);
  const [code] = await once(writer.socket, 'close');
  t.equal(code, 1001);
  t.match(writer.answers.at(-1), { kind: 'stored', call: 2 });
  await closed;
  t.match(await world.log.session(ID), { state: 'cut-off', events: 2 });
});

/** The next session whose writer is found gone. */
function whenReleased(world: World): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const release = world.log.release;
  world.log.release = (session) => {
    release(session);
    resolve(session);
  };
  return promise;
}

/** 0 for what answers no call. */
function callOf(answer: Answer): number {
  return answer.kind === 'end' ? 0 : answer.call;
}

function isOutput(drafts: readonly Draft[], text: string): boolean {
  const body = drafts[0]?.body;
  return body?.type === 'session.output' && Buffer.from(body.content).toString() === text;
}

async function open(world: World) {
  const headers = { authorization: `Bearer ${world.token}` };
  const socket = new WebSocket(`${world.server.url.replace('http', 'ws')}/ingest`, SUBPROTOCOL, { headers });
  const answers: Answer[] = [];
  socket.on('message', (data) => {
    answers.push(decodeAnswer(data as Buffer));
    socket.emit('answer');
  });
  socket.on('error', () => {});
  await once(socket, 'open');
  let calls = 0;
  return {
    socket,
    answers,
    append: (session: string, drafts: Draft[]) => socket.send(encodeAppend(++calls, session, drafts)),
    ping: () => socket.ping(),
    answeredUpTo: async (call: number) => {
      while (Math.max(0, ...answers.map(callOf)) < call) await once(socket, 'answer');
    },
  };
}
