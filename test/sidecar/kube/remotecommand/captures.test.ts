/** Captured remote commands, cut every way, decode to what their README says. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { ChannelPeer } from '../../../../sidecar/kube/remotecommand/channels.ts';
import { type Outcome, StatusReader } from '../../../../sidecar/kube/remotecommand/status.ts';
import type { RemoteEvent, RemoteOptions, RemotePeer } from '../../../../sidecar/kube/remotecommand.ts';
import type { Sender } from '../../../../sidecar/kube/websocket/frame.ts';
import { type Capture, captures } from '../../../kube-captures/capture.ts';
import { anySizes, bytewise, type Cut, cutAt, inSizes, whole } from '../../../kube-captures/cuts.ts';
import { FACTS, type Fact } from '../../../kube-captures/facts.ts';

const SMALL = 8_000;
const SAMPLES = 40;
const LONG = Boolean(process.env.CHAPERONE_LONG);

interface Story {
  text: Record<string, string>;
  sizes: string[];
  outcome: Outcome;
  /** Everything but data and sizes, in order. */
  other: string[];
}

const PEERS: Record<'websocket', (options: RemoteOptions) => RemotePeer> = {
  websocket: (options) => new ChannelPeer('v5.channel.k8s.io', options, () => Buffer.from([9, 8, 7, 6])),
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

for (const [protocol, peerOf] of Object.entries(PEERS)) {
  for (const capture of captures(protocol as 'websocket')) {
    const fact = FACTS[`${capture.scenario}/${capture.connection}`];
    if (fact === undefined) continue;
    for (const from of ['client', 'server'] as const) {
      const options: RemoteOptions = { from, requested: requestedBy(capture) };
      const bytes = capture[from];
      const story = (cut: Cut) => tell(decode(peerOf(options), bytes, cut));

      t.test(`${capture.name}, from the ${from}`, async (t) => {
        const expected = story(whole);
        check(t, expected, fact, from);

        for (const at of positions(bytes.length))
          assert.deepEqual(story(cutAt(at)), expected, `cut at ${at}`);
        if (bytes.length <= SMALL) assert.deepEqual(story(bytewise), expected, 'a byte at a time');
        const runs = bytes.length <= SMALL ? 50 : LONG ? 100 : 5;
        const property = fc.property(anySizes, (sizes) => {
          assert.deepEqual(story(inSizes(sizes)), expected);
        });
        t.doesNotThrow(() => fc.assert(property, { seed: 3, numRuns: runs }), 'cut at random');

        // what is encoded again for the other end says the same
        const other = peerOf({ ...options, from: from === 'client' ? 'server' : 'client' });
        const again = decode(peerOf(options), bytes, whole).map((event) => relay(other, event));
        t.same(
          tell(decode(peerOf(options), Buffer.concat(again), inSizes([5, 4_000]))),
          expected,
          'encoded again',
        );
      });
    }
  }
}
