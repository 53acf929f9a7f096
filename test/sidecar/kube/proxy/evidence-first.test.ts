/** Law one: nothing goes on before the evidence of it is stored, and what cannot be stored does not happen. */
import { once } from 'node:events';
import t from 'tap';
import type { EventType } from '../../../../recorder/audit/event.ts';
import { ChaperoneError } from '../../../../recorder/errors.ts';
import { drain, serve, startWorld, type World } from './world.ts';

const PODS = '/api/v1/namespaces/agents/pods';

/** Stops at the first event of a type; resolves when one is there. */
function hold(world: World, wanted: EventType): { there: Promise<void>; release(): void } {
  const there = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  world.log.before = (_session, drafts) => {
    if (!drafts.some(({ body }) => body.type === wanted)) return null;
    there.resolve();
    return released.promise;
  };
  return { there: there.promise, release: released.resolve };
}

/** Refuses events of a type as a full disk does. */
function refuse(world: World, wanted: EventType): void {
  world.log.before = async (_session, drafts) => {
    if (drafts.some(({ body }) => body.type === wanted))
      throw new ChaperoneError('STORE_FULL', 'no space is left');
  };
}

/** Lets everything that is ready happen. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

t.test('a request reaches the server when its admission is stored', async (t) => {
  let reached = 0;
  const upstream = await serve(t, (_request, response) => {
    reached++;
    response.end('{}');
  });
  const world = await startWorld(t, upstream.source);
  const { there, release } = hold(world, 'request.admitted');
  const reply = world.ask(PODS);
  await there;
  await settle();
  t.equal(reached, 0);
  release();
  t.equal((await reply).status, 200);
});

t.test('an answer reaches the client when it is stored', async (t) => {
  const upstream = await serve(t, (_request, response) => response.end('{}'));
  const world = await startWorld(t, upstream.source);
  const { there, release } = hold(world, 'request.ended');
  const socket = await world.dial();
  let text = '';
  socket.setEncoding('latin1').on('data', (data: string) => {
    text += data;
  });
  socket.write(
    `GET ${PODS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.token}\r\nConnection: close\r\n\r\n`,
  );
  await there;
  await settle();
  t.equal(text, '');
  release();
  await once(socket, 'close');
  t.match(text, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n\{\}$/s);
});

t.test('a piece of a stream reaches the client when it is stored', async (t) => {
  const upstream = await serve(t, (_request, response) => response.writeHead(200).write('{"event":1}'));
  const world = await startWorld(t, upstream.source);
  const { there, release } = hold(world, 'request.answer');
  const socket = await world.dial();
  let text = '';
  socket.setEncoding('latin1').on('data', (data: string) => {
    text += data;
  });
  socket.write(`GET ${PODS}?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.token}\r\n\r\n`);
  await there;
  await settle();
  t.notMatch(text, 'event');
  release();
  while (!text.includes('event')) await once(socket, 'data');
  socket.destroy();
});

t.test('what cannot be recorded does not happen', async (t) => {
  const cases: [EventType, string, number | null, number][] = [
    ['session.start', PODS, 503, 0],
    ['request.admitted', PODS, 503, 0],
    ['request.ended', PODS, 503, 1],
    ['request.answer', `${PODS}?watch=1`, null, 1],
  ];
  for (const [type, path, status, wanted] of cases) {
    await t.test(type, async (t) => {
      let reached = 0;
      const upstream = await serve(t, ({ url = '' }, response) => {
        reached++;
        if (url.includes('watch')) response.writeHead(200).write('{"secret":1}');
        else response.end('{"secret":1}');
      });
      const world = await startWorld(t, upstream.source);
      refuse(world, type);
      const socket = await world.dial();
      const text = drain(socket);
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.token}\r\nConnection: close\r\n\r\n`,
      );
      const seen = await text;
      t.equal(reached, wanted);
      t.notMatch(seen, 'secret');
      if (status !== null) t.match(seen, new RegExp(`^HTTP/1\\.1 ${status} .*"kind":"Status"`, 's'));
      world.log.before = () => null;
      t.equal((await world.ask('/healthz')).status, 200, 'and it goes on once there is room again');
    });
  }
});
