/** One end over a real socket: what holds a sender, and what must not. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { End } from '../../../../sidecar/kube/remote/end.ts';
import { StreamPeer } from '../../../../sidecar/kube/wire/remotecommand/streams.ts';
import type { DataChannel, RemoteEvent, RemotePeer } from '../../../../sidecar/kube/wire/remotecommand.ts';
import { encodeWindowUpdate } from '../../../../sidecar/kube/wire/spdy/encoder.ts';
import { pair } from './stage.ts';

type SpdyEnd = End<RemoteEvent, DataChannel, RemotePeer>;
const requested = { stdin: true, stdout: true, stderr: true };

/** We are the server's client: the far side is a SPDY server that has replied to every stream. */
async function toServer(t: Test): Promise<{ end: SpdyEnd; far: Socket; peer: StreamPeer }> {
  const [near, far] = await pair(t);
  far.on('error', () => undefined);
  const peer = new StreamPeer({ from: 'client', requested });
  const end: SpdyEnd = new End(near, new StreamPeer({ from: 'server', requested }), Buffer.alloc(0));
  for (const channel of ['error', 'stdin', 'stdout', 'stderr'] as const) {
    await end.write(end.peer.open(channel));
    while (!peer.receive((await once(far, 'data'))[0] as Buffer).some(({ kind }) => kind === 'open'));
    far.write(peer.accept(channel));
  }
  return { end, far, peer };
}

/** Data of the server, as the relay takes it: each piece is granted again. */
async function take(end: SpdyEnd, bytes: number): Promise<number> {
  let taken = 0;
  for await (const event of end.events()) {
    if (event.kind !== 'data') continue;
    taken += event.data.length;
    end.took(event.channel, event.data.length);
    if (taken >= bytes) break;
  }
  return taken;
}

t.test('what a server does not read of stdin does not stop what it prints', async (t) => {
  const { end, far, peer } = await toServer(t);
  far.pause();
  const stdin = end.send('stdin', Buffer.alloc(64 << 20));
  const print = (async () => {
    for (let left = 512; left > 0; left--)
      if (!far.write(peer.send('stdout', Buffer.alloc(32 << 10)))) await once(far, 'drain');
  })();
  t.equal(await take(end, 16 << 20), 16 << 20);
  await print;
  far.destroy();
  await stdin;
});

t.test(
  'a server that counts no windows hears of none: a grant behind its last word would reset it',
  async (t) => {
    const { end, far, peer } = await toServer(t);
    const heard: Buffer[] = [];
    far.on('data', (bytes: Buffer) => heard.push(bytes));
    for (let left = 32; left > 0; left--) far.write(peer.send('stdout', Buffer.alloc(32 << 10)));
    far.end();
    t.equal(await take(end, 1 << 20), 1 << 20);
    await end.closed(1000);
    t.equal(Buffer.concat(heard).length, 0);
  },
);

t.test('a server that stops with its window used up is granted', async (t) => {
  const { end, far, peer } = await toServer(t);
  far.write(peer.send('stdout', Buffer.alloc(1 << 16)));
  t.equal(await take(end, 1 << 16), 1 << 16);
  t.same(
    peer.receive((await once(far, 'data'))[0] as Buffer).map(({ kind }) => kind),
    ['writable', 'writable'],
  );
});

t.test('a peer that keeps its window shut, and ends, holds nobody', async (t) => {
  const { end, far, peer } = await toServer(t);
  // Shows that it counts: from now on its windows bind, and it opens them no further.
  far.write(encodeWindowUpdate(0, 1));
  const sent = end.send('stdin', Buffer.alloc(1 << 20));
  let heard = 0;
  while (heard < 65_536) {
    const [bytes] = (await once(far, 'data')) as [Buffer];
    for (const event of peer.receive(bytes)) if (event.kind === 'data') heard += event.data.length;
  }
  far.end();
  await sent;
  t.ok(heard <= 1 << 20);
});

t.test('whoever was gone before is gone', async (t) => {
  const [near, far] = await pair(t);
  far.destroy();
  near.resume();
  await once(near, 'close');
  const end: SpdyEnd = new End(near, new StreamPeer({ from: 'server', requested }), Buffer.alloc(0));
  const events: RemoteEvent[] = [];
  for await (const event of end.events()) events.push(event);
  t.same(events, []);
});

t.test('many wait for room at once, and are told together', async (t) => {
  const [near, far] = await pair(t);
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  t.teardown(async () => void process.off('warning', warned));
  far.pause();
  const end: SpdyEnd = new End(near, new StreamPeer({ from: 'server', requested }), Buffer.alloc(0));
  const writes = Array.from({ length: 40 }, () => end.write(Buffer.alloc(1 << 20)));
  await new Promise((resolve) => setImmediate(resolve));
  far.resume();
  await Promise.all(writes);
  t.same(warnings, []);
});

t.test(
  'large frames that wait for a slow peer are not written over by those that come behind them',
  async (t) => {
    const ends = await Promise.all([toServer(t), toServer(t)]);
    const sent = ends.map(() => createHash('sha256'));
    const got = ends.map(() => createHash('sha256'));
    const received = ends.map(async ({ far, peer }, i) => {
      let left = 8 << 20;
      for await (const bytes of far) {
        for (const event of peer.receive(bytes as Buffer)) {
          if (event.kind !== 'data') continue;
          got[i]!.update(event.data);
          left -= event.data.length;
        }
        if (left === 0) return;
        await delay(0);
      }
    });
    for (let turn = 0; turn < 32; turn++) {
      await Promise.all(
        ends.map(async ({ end }, i) => {
          const piece = randomBytes(1 << 18);
          sent[i]!.update(piece);
          await end.send('stdin', piece);
        }),
      );
    }
    await Promise.all(received);
    t.same(
      got.map((hash) => hash.digest('hex')),
      sent.map((hash) => hash.digest('hex')),
    );
  },
);
