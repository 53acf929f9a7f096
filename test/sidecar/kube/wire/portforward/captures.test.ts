/** A captured port forwarding, tunnelled and not, cut every way, decodes to what its README says. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { Sender } from '../../../../../sidecar/kube/wire/peer.ts';
import { ForwardPeer } from '../../../../../sidecar/kube/wire/portforward/streams.ts';
import type { ForwardEvent, PortForwardPeer } from '../../../../../sidecar/kube/wire/portforward.ts';
import { type Capture, captures } from '../../../../kube-captures/capture.ts';
import { anySizes, bytewise, type Cut, cutAt, inSizes, whole } from '../../../../kube-captures/cuts.ts';

type Protocol = 'websocket' | 'spdy';

const REQUEST = 'GET / HTTP/1.1\r\nHost: 127.0.0.1:18080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n';
const ANSWER = 'HTTP/1.0 200 OK\r\n\r\nhello-from-pod\n';

function peerOf(protocol: Protocol, from: Sender): PortForwardPeer {
  return new ForwardPeer({ from, tunnel: protocol === 'websocket' ? () => Buffer.from([1, 2, 3, 4]) : null });
}

function decode(peer: PortForwardPeer, bytes: Buffer, cut: Cut): ForwardEvent[] {
  const events: ForwardEvent[] = [];
  for (const piece of cut(bytes)) events.push(...peer.receive(piece));
  return [...events, ...peer.finish()];
}

/** Events as lines, with the data of a stream joined. */
function tell(events: ForwardEvent[]): string[] {
  const lines: string[] = [];
  for (const event of events) {
    if (event.kind === 'data') {
      const head = `${event.stream.type} ${event.stream.connection}: `;
      const text = event.data.toString('latin1');
      if (lines.at(-1)?.startsWith(head)) lines.push(lines.pop()! + text);
      else lines.push(head + text);
    } else if ('stream' in event) {
      const { type, connection, port } = event.stream;
      lines.push(`${event.kind} ${type} ${connection} ${port}`);
    } else lines.push(event.kind === 'fault' ? `fault ${event.fault}` : event.kind);
  }
  return lines;
}

function relay(to: PortForwardPeer, event: ForwardEvent): Buffer {
  switch (event.kind) {
    case 'open':
      return to.open(event.stream);
    case 'accepted':
      return to.accept(event.stream);
    case 'data':
      return to.send(event.stream, event.data);
    case 'end':
      return to.end(event.stream);
    case 'reset':
      return to.reset(event.stream, event.status);
    case 'ping':
      return to.ping(event.token);
    case 'pong':
      return to.pong(event.token);
    case 'close':
      return to.close(event.code, event.reason, event.last);
    case 'writable':
    case 'discarded':
      return Buffer.alloc(0);
    case 'fault':
      throw new Error(event.message);
  }
}

const EXPECTED: Record<Sender, string[]> = {
  client: [
    'open error 0 8080',
    'end error 0 8080',
    'open data 0 8080',
    `data 0: ${REQUEST}`,
    'reset data 0 8080',
  ],
  server: [
    'accepted error 0 8080',
    'accepted data 0 8080',
    `data 0: ${ANSWER}`,
    'end data 0 8080',
    'end error 0 8080',
  ],
};

/** We are the client that the server answers: its streams, its half of the error stream ended. */
function prepared(protocol: Protocol, from: Sender): PortForwardPeer {
  const peer = peerOf(protocol, from);
  if (from === 'client') return peer;
  peer.open({ connection: '0', type: 'error', port: 8080 });
  peer.open({ connection: '0', type: 'data', port: 8080 });
  return peer;
}

function again(protocol: Protocol, from: Sender, capture: Capture): Buffer {
  const events = decode(prepared(protocol, from), capture[from], whole);
  const other = peerOf(protocol, from === 'client' ? 'server' : 'client');
  // all but the client's reset, after which nothing more is said on the stream
  if (from === 'server') for (const event of openings(protocol, capture)) other.receive(event);
  return Buffer.concat(events.map((event) => relay(other, event)));
}

/** What the captured client said to open its streams, said again. */
function openings(protocol: Protocol, capture: Capture): Buffer[] {
  const server = peerOf(protocol, 'server');
  const events = peerOf(protocol, 'client').receive(capture.client);
  return events.filter(({ kind }) => kind === 'open').map((event) => relay(server, event));
}

for (const protocol of ['websocket', 'spdy'] as const) {
  const [capture] = captures(protocol).filter(({ scenario }) => scenario === 'port-forward');
  for (const from of ['client', 'server'] as const) {
    const bytes = capture![from];
    const story = (cut: Cut, of = bytes) => tell(decode(prepared(protocol, from), of, cut));

    t.test(`${capture!.name}, from the ${from}`, async (t) => {
      const expected = story(whole);
      t.same(
        expected.filter((line) => line !== 'close' && line !== 'writable'),
        [...EXPECTED[from]],
      );
      for (let at = 0; at <= bytes.length; at += 1)
        assert.deepEqual(story(cutAt(at)), expected, `cut at ${at}`);
      t.same(story(bytewise), expected, 'a byte at a time');
      const property = fc.property(anySizes, (sizes) => {
        assert.deepEqual(story(inSizes(sizes)), expected);
      });
      t.doesNotThrow(() => fc.assert(property, { seed: 5, numRuns: 100 }), 'cut at random');
      t.same(story(inSizes([3, 50]), again(protocol, from, capture!)), expected, 'encoded again');
    });
  }
}
