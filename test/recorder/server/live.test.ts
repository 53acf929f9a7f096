/** Live streams over real sockets, from a real log. Decoded by the page's own reader; the real player reads them in test/player/live.test.ts. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { AlisDecoder, type Frame } from '../../../player/deck/alis.ts';
import { serveLive } from '../../../recorder/server/live.ts';
import { decisionDraft, endDraft, ID, outputDraft, startDraft, startWorld, type World } from './world.ts';

const AT = 1_700_000_000_000_000;

class Viewer {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  readonly #decoder = new AlisDecoder();

  constructor(world: World, id = ID, protocols: string | string[] = 'v1.alis') {
    const url = `${world.server.url.replace('http', 'ws')}/api/sessions/${id}/live`;
    this.socket = new WebSocket(url, protocols, { headers: { authorization: `Bearer ${world.token}` } });
    this.socket.on('message', (data: Buffer) => {
      this.frames.push(this.#decoder.decode(Uint8Array.from(data).buffer));
    });
    this.socket.on('error', () => {});
  }

  async until(done: (viewer: Viewer) => boolean): Promise<void> {
    while (!done(this)) await once(this.socket, 'message');
  }

  async closed(): Promise<{ code: number; reason: string }> {
    if (this.socket.readyState === WebSocket.CLOSED) return { code: -1, reason: '' };
    const [code, reason] = (await once(this.socket, 'close')) as [number, Buffer];
    return { code, reason: reason.toString() };
  }

  get text(): string {
    return this.frames.map((frame) => (frame.kind === 'output' ? frame.text : '')).join('');
  }

  get kinds(): string[] {
    return this.frames.map(({ kind }) => kind);
  }
}

t.test('a late viewer gets everything at once, then what comes, then the end', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [
    startDraft(AT),
    outputDraft('one ', AT + 1_000_000),
    decisionDraft('ls', true, AT + 90_000_000),
  ]);
  const viewer = new Viewer(world);
  const closed = viewer.closed();
  await viewer.until(({ kinds }) => kinds.includes('marker'));
  t.same(
    viewer.kinds,
    ['magic', 'reset', 'output', 'marker'],
    'a minute and a half of the session, without waiting for it',
  );
  await world.log.append(ID, [outputDraft('two ', AT + 91_000_000)]);
  await viewer.until(({ text }) => text === 'one two ');
  await world.log.append(ID, [endDraft(AT + 92_000_000)]);
  t.equal((await closed).code, 1000);
  t.same(viewer.kinds.slice(4), ['output', 'exit', 'end']);
  t.same(viewer.frames[1], { kind: 'reset', time: 0, cols: 80, rows: 24, init: '' });
  t.match(viewer.frames[2], { time: 1, text: 'one ' });
  t.match(viewer.frames[3], { time: 90, label: 'allowed: ls (test/rule)' });
  t.match(viewer.frames[5], { time: 92, status: 0 });
});

t.test('many viewers that come at any time all see the same bytes, none lost and none doubled', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft(AT)]);
  const viewers: Viewer[] = [];
  const closings: Promise<unknown>[] = [];
  let text = '';
  for (let round = 0; round < 120; round++) {
    const part = `${round} ─ ${'é'.repeat(round % 17)}\r\n`;
    text += part;
    const bytes = Buffer.from(part);
    // The store hands characters over in halves.
    const cut = round % (bytes.length + 1);
    const at = AT + round * 1000;
    await world.log.append(ID, [
      outputDraft(bytes.subarray(0, cut), at),
      outputDraft(bytes.subarray(cut), at + 500),
    ]);
    if (round % 10 === 0) {
      const viewer = new Viewer(world);
      viewers.push(viewer);
      closings.push(viewer.closed());
    }
  }
  await world.log.append(ID, [endDraft(AT + 200_000)]);
  await Promise.all(closings);
  t.equal(viewers.length, 12);
  for (const viewer of viewers) t.equal(viewer.text, text);
});

t.test('who does not read does not slow the recording nor the others', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft(AT)]);
  const slow = new Viewer(world);
  const quick = new Viewer(world);
  await Promise.all([slow, quick].map((viewer) => viewer.until(({ kinds }) => kinds.includes('reset'))));
  slow.socket.pause();
  const block = Buffer.alloc(256 * 1024, 'x');
  const before = process.memoryUsage().rss;
  for (let index = 0; index < 120; index++) await world.log.append(ID, [outputDraft(block, AT + index)]);
  const size = 120 * block.length;
  let seen = 0;
  while (seen < size) {
    await sleep(10);
    seen = quick.text.length;
  }
  t.equal(seen, size, 'the other viewer has all 30 MB');
  t.ok(slow.text.length < size, 'while the slow one has not');
  const grown = process.memoryUsage().rss - before;
  t.ok(
    grown < 400 * 1024 * 1024,
    `memory grew by ${Math.round(grown / 1e6)} MB, for three parties in one process`,
  );
  slow.socket.resume();
  await slow.until(({ text }) => text.length === size);
  t.pass('and it can still catch up without a gap');
  slow.socket.terminate();
  quick.socket.terminate();
});

t.test('who takes nothing for long is dropped', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft(AT)]);
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  t.teardown(() => sockets.close());
  await once(sockets, 'listening');
  sockets.on('connection', (socket) =>
    serveLive(world.log, ID, socket, { stalledAfter: 50, highWater: 64 * 1024 }),
  );
  const connected = once(sockets, 'connection') as Promise<[WebSocket]>;
  const viewer = new WebSocket(`ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`, 'v1.alis');
  const [served] = await connected;
  await once(viewer, 'message');
  viewer.pause();
  const dropped = once(served, 'close');
  // More than what the kernel buffers for both ends.
  for (let index = 0; index < 60; index++)
    await world.log.append(ID, [outputDraft(Buffer.alloc(256 * 1024, 'x'), AT)]);
  const [code] = await dropped;
  t.equal(code, 1006, 'cut, without waiting for a farewell that nobody reads');
  viewer.terminate();
});

t.test('the player of others is served, who speaks something else is told', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft(AT), outputDraft('x'), endDraft()]);
  const player = new Viewer(world, ID, ['v1.alis', 'v2.asciicast', 'v3.asciicast', 'raw']);
  await player.closed();
  t.equal(player.socket.protocol, 'v1.alis');
  t.equal(player.text, 'x');
  const other = new Viewer(world, ID, []);
  t.match(await other.closed(), { code: 1002, reason: /v1\.alis/ });
});

t.test('a session that is not there', async (t) => {
  const world = await startWorld(t);
  const viewer = new Viewer(world, '01JD0000000000000000000009');
  const [, response] = await once(viewer.socket, 'unexpected-response');
  t.equal(response.statusCode, 404);
  response.destroy();
});
