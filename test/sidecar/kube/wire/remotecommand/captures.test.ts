/** Captured remote commands, cut every way, decode to what their README says. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { Sender } from '../../../../../sidecar/kube/wire/peer.ts';
import { ChannelPeer } from '../../../../../sidecar/kube/wire/remotecommand/channels.ts';
import { type Outcome, StatusReader } from '../../../../../sidecar/kube/wire/remotecommand/status.ts';
import { StreamPeer } from '../../../../../sidecar/kube/wire/remotecommand/streams.ts';
import type {
  Channel,
  RemoteEvent,
  RemoteOptions,
  RemotePeer,
} from '../../../../../sidecar/kube/wire/remotecommand.ts';
import { type Capture, captures } from '../../../../kube-captures/capture.ts';
import { anySizes, bytewise, type Cut, cutAt, inSizes, whole } from '../../../../kube-captures/cuts.ts';
import { FACTS, type Fact } from '../../../../kube-captures/facts.ts';

const SMALL = 8_000;
const SAMPLES = 12;
const LONG = Boolean(process.env.CHAPERONE_LONG);
if (LONG) t.setTimeout(60 * 60_000);

interface Story {
  text: Record<string, string>;
  sizes: string[];
  outcome: Outcome;
  /** Everything but data and sizes, in order. */
  other: string[];
}

type Protocol = 'websocket' | 'spdy';

const PEERS: Record<Protocol, (options: RemoteOptions) => RemotePeer> = {
  websocket: (options) => new ChannelPeer('v5.channel.k8s.io', options, () => Buffer.from([9, 8, 7, 6])),
  spdy: (options) => new StreamPeer(options),
};

function requestedBy(capture: Capture): RemoteOptions['requested'] {
  const query = new URL(capture.requestLine.split(' ')[1]!, 'http://server').searchParams;
  const asked = (name: string) => query.get(name) === 'true';
  return { stdin: asked('stdin'), stdout: asked('stdout'), stderr: asked('stderr') };
}

function decode(peer: RemotePeer, bytes: Buffer, cut: Cut): RemoteEvent[] {
  const events: RemoteEvent[] = [];
  for (const piece of cut(bytes)) events.push(...peer.receive(piece));
  return [...events, ...peer.finish()];
}

function tell(events: RemoteEvent[]): Story {
  const status = new StatusReader(4);
  const story: Story = { text: {}, sizes: [], outcome: { kind: 'none' }, other: [] };
  for (const event of events) {
    if (event.kind === 'data') {
      if (event.channel === 'error') status.push(event.data);
      story.text[event.channel] = (story.text[event.channel] ?? '') + event.data.toString('latin1');
    } else if (event.kind === 'resize') story.sizes.push(`${event.size.columns}x${event.size.rows}`);
    else story.other.push(JSON.stringify(event));
  }
  return { ...story, outcome: status.outcome(true) };
}

/** What the other peer of a relay is sent. */
function relay(to: RemotePeer, event: RemoteEvent): Buffer {
  switch (event.kind) {
    case 'open':
      return to.open(event.channel);
    case 'accepted':
      return to.accept(event.channel);
    case 'data':
      return to.send(event.channel, event.data);
    case 'resize':
      return to.resize(event.size);
    case 'end':
      return to.end(event.channel);
    case 'reset':
      return to.reset(event.channel, event.status);
    case 'ping':
      return to.ping(event.token);
    case 'pong':
      return to.pong(event.token);
    case 'close':
      return to.close(event.code, event.reason);
    case 'writable':
    case 'discarded':
      return Buffer.alloc(0);
    case 'fault':
      throw new Error(event.message);
  }
}

function check(t: Test, story: Story, fact: Fact, from: Sender): void {
  for (const channel of from === 'client' ? (['stdin'] as const) : (['stdout', 'stderr'] as const)) {
    const expected = fact[channel];
    if (expected === undefined) continue;
    const text = story.text[channel] ?? '';
    if (typeof expected === 'string') t.equal(text, expected, channel);
    else {
      t.equal(text.length, expected.bytes, `size of ${channel}`);
      const md5 = createHash('md5').update(text, 'latin1').digest('hex');
      if (expected.md5 !== undefined) t.equal(md5, expected.md5, `MD5 of ${channel}`);
    }
  }
  if (from === 'client' && fact.sizes !== undefined) t.same(story.sizes, fact.sizes);
  if (from === 'server' && fact.exitCode !== undefined) {
    t.match(story.outcome, { kind: fact.exitCode === 0 ? 'success' : 'failure', exitCode: fact.exitCode });
  }
  t.notOk(
    story.other.some((event) => event.includes('fault')),
    'no fault',
  );
}

function positions(length: number): number[] {
  if (length <= SMALL || LONG) return Array.from({ length }, (_, at) => at);
  return Array.from({ length: SAMPLES }, (_, turn) => Math.floor((turn * (length - 1)) / SAMPLES) + turn);
}

/**
 * A peer that knows what was said before: over SPDY, the client opens streams before a server says anything on
 * them. `from` is who the peer is; towards a server we are that client.
 */
function prepared(protocol: Protocol, from: Sender, capture: Capture): RemotePeer {
  const options: RemoteOptions = { from, requested: requestedBy(capture) };
  const peer = PEERS[protocol](options);
  if (protocol === 'spdy' && from === 'server') {
    for (const channel of opened(capture)) peer.open(channel);
  }
  return peer;
}

const openedBy = new Map<Capture, Channel[]>();

/** The channels of the streams that the captured client opened. */
function opened(capture: Capture): Channel[] {
  const known = openedBy.get(capture) ?? decodeOpened(capture);
  openedBy.set(capture, known);
  return known;
}

function decodeOpened(capture: Capture): Channel[] {
  const client = PEERS.spdy({ from: 'client', requested: requestedBy(capture) });
  return client.receive(capture.client).flatMap((event) => (event.kind === 'open' ? [event.channel] : []));
}

/** What the captured side said, said by us: as a relay between it and the other side would. */
function again(protocol: Protocol, from: Sender, capture: Capture): Buffer {
  const events = decode(prepared(protocol, from, capture), capture[from], whole);
  const other = PEERS[protocol]({
    from: from === 'client' ? 'server' : 'client',
    requested: requestedBy(capture),
  });
  if (from === 'server') other.receive(capture.client);
  return Buffer.concat(events.map((event) => relay(other, event)));
}

for (const protocol of Object.keys(PEERS) as Protocol[]) {
  for (const capture of captures(protocol)) {
    const fact = FACTS[`${capture.scenario}/${capture.connection}`];
    if (fact === undefined) continue;
    for (const from of ['client', 'server'] as const) {
      const bytes = capture[from];
      const story = (cut: Cut, of = bytes) => tell(decode(prepared(protocol, from, capture), of, cut));

      t.test(`${capture.name}, from the ${from}`, async (t) => {
        const expected = story(whole);
        check(t, expected, fact, from);

        for (const at of positions(bytes.length))
          assert.deepEqual(story(cutAt(at)), expected, `cut at ${at}`);
        if (bytes.length <= SMALL) assert.deepEqual(story(bytewise), expected, 'a byte at a time');
        const runs = bytes.length <= SMALL ? 50 : LONG ? 100 : 3;
        const property = fc.property(anySizes, (sizes) => {
          assert.deepEqual(story(inSizes(sizes)), expected);
        });
        t.doesNotThrow(() => fc.assert(property, { seed: 3, numRuns: runs }), 'cut at random');

        t.same(story(inSizes([5, 4_000]), again(protocol, from, capture)), expected, 'encoded again');
      });
    }
  }
}
