import assert from 'node:assert/strict';
import t from 'tap';
import { ForwardChannelPeer } from '../../../../../sidecar/kube/wire/portforward/channels.ts';
import { ForwardPeer } from '../../../../../sidecar/kube/wire/portforward/streams.ts';
import type { ForwardEvent, ForwardStream } from '../../../../../sidecar/kube/wire/portforward.ts';
import {
  encodeData,
  encodeRstStream,
  encodeSynStream,
} from '../../../../../sidecar/kube/wire/spdy/encoder.ts';
import { HeaderDeflater } from '../../../../../sidecar/kube/wire/spdy/headers.ts';
import { WebSocketEncoder } from '../../../../../sidecar/kube/wire/websocket/encoder.ts';
import { bytewise } from '../../../../kube-captures/cuts.ts';

const key = () => Buffer.from([1, 2, 3, 4]);
const hello = Buffer.from('hello');

function kinds(events: ForwardEvent[]): string[] {
  return events.map((event) => {
    if (event.kind === 'fault') return event.fault;
    return 'stream' in event ? `${event.kind} ${event.stream.type} ${event.stream.connection}` : event.kind;
  });
}

function opened(...all: Record<string, string>[]): Buffer {
  const deflater = new HeaderDeflater();
  return Buffer.concat(
    all.map((headers, turn) =>
      encodeSynStream(2 * turn + 1, deflater.close(new Map(Object.entries(headers)))),
    ),
  );
}

const error = { streamtype: 'error', port: '80', requestid: '0' };
const data = { ...error, streamtype: 'data' };

const CASES: Record<string, [Buffer, string[]]> = {
  'a client that names no connection': [
    opened({ streamtype: 'error', port: '80' }, { streamtype: 'data', port: '80' }),
    ['open error stream-1', 'open data stream-1'],
  ],
  'a connection again, once it is gone': [
    Buffer.concat([opened(data), encodeRstStream(1, 5)]),
    ['open data 0', 'reset data 0', 'writable'],
  ],
  'no port': [opened({ streamtype: 'data' }), ['PORT_INVALID']],
  'port 0': [opened({ ...data, port: '0' }), ['PORT_INVALID']],
  'port 65536': [opened({ ...data, port: '65536' }), ['PORT_INVALID']],
  'a port that is none': [opened({ ...data, port: '80 ' }), ['PORT_INVALID']],
  'no type': [opened({ port: '80' }), ['STREAM_TYPE_UNKNOWN']],
  'a type of exec': [opened({ ...data, streamtype: 'stdin' }), ['STREAM_TYPE_UNKNOWN']],
  'an odd connection': [opened({ ...data, requestid: 'a b' }), ['REQUEST_ID_INVALID']],
  'a long connection': [opened({ ...data, requestid: 'a'.repeat(65) }), ['REQUEST_ID_INVALID']],
  'one stream twice': [opened(data, data), ['open data 0', 'STREAM_OPENED_TWICE']],
  'data of the client on an error stream': [
    Buffer.concat([opened(error), encodeData(1, hello, false)]),
    ['open error 0', 'WRONG_DIRECTION'],
  ],
};

for (const [name, [bytes, said]] of Object.entries(CASES)) {
  t.test(name, async (t) => {
    t.same(kinds(new ForwardPeer({ from: 'client', tunnel: null }).receive(bytes)), said);
    const tunnelled = new WebSocketEncoder(key).binary(bytes);
    t.same(kinds(new ForwardPeer({ from: 'client', tunnel: key }).receive(tunnelled)), said, 'in a tunnel');
  });
}

t.test('streams that come and go leave nothing behind, and are bounded while they stay', async (t) => {
  const kubectl = new ForwardPeer({ from: 'server', tunnel: null });
  const client = new ForwardPeer({ from: 'client', tunnel: null });
  for (let turn = 0; turn < 2_000; turn += 1) {
    const stream: ForwardStream = { connection: String(turn), type: 'data', port: 80 };
    client.receive(kubectl.open(stream));
    kubectl.receive(client.accept(stream));
    client.receive(Buffer.concat([kubectl.send(stream, hello), kubectl.end(stream)]));
    assert.deepEqual(kinds(kubectl.receive(client.end(stream))), [`end data ${turn}`]);
  }
  const deflater = new HeaderDeflater();
  const flood = Buffer.concat(
    Array.from({ length: 600 }, (_, turn) =>
      encodeSynStream(
        4_001 + 2 * turn,
        deflater.close(new Map(Object.entries({ ...data, requestid: `${turn}` }))),
      ),
    ),
  );
  const events = kinds(new ForwardPeer({ from: 'client', tunnel: null }).receive(flood));
  t.equal(events.length, 513);
  t.equal(events.at(-1), 'TOO_MANY_STREAMS');
});

t.test('a tunnel holds no text, ends with its WebSocket, and has pings of two kinds', async (t) => {
  const encoder = new WebSocketEncoder(null);
  t.same(kinds(new ForwardPeer({ from: 'server', tunnel: key }).receive(encoder.text('x'))), [
    'TEXT_UNEXPECTED',
  ]);

  const server = new ForwardPeer({ from: 'server', tunnel: key });
  const goodbye = encoder.binary(Buffer.from('80030007000000080000000000000000', 'hex'));
  const said = server.receive(
    Buffer.concat([goodbye, encoder.ping(hello), encoder.close(1000), encoder.ping(hello)]),
  );
  t.same(
    said.map((event) => (event.kind === 'close' ? event.last : event.kind)),
    [false, 'ping', true],
  );
  const kubectl = new ForwardPeer({ from: 'server', tunnel: key });
  const client = new ForwardPeer({ from: 'client', tunnel: key });
  for (const token of [
    { over: 'spdy' as const, data: Buffer.from([0, 0, 0, 1]) },
    { over: 'websocket' as const, data: Buffer.alloc(0) },
  ]) {
    t.same(client.receive(kubectl.ping(token)), [{ kind: 'ping', token }]);
    t.same(kubectl.receive(client.pong(token)), [{ kind: 'pong', token }]);
  }
});

t.test('channels: the server names the port first, in whatever pieces', async (t) => {
  for (const protocol of ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io', ''] as const) {
    const options = { protocol, ports: [8080, 443] };
    const server = new ForwardChannelPeer({ ...options, from: 'server' }, key);
    const client = new ForwardChannelPeer({ ...options, from: 'client' }, key);
    const [first, second]: ForwardStream[] = [
      { connection: 'port-0', type: 'data', port: 8080 },
      { connection: 'port-1', type: 'error', port: 443 },
    ];
    const bytes = Buffer.concat([
      client.accept(first!),
      client.accept(second!),
      client.send(first!, hello),
      client.send(second!, hello),
      client.close(1000),
    ]);
    const events = [...bytewise(bytes)].flatMap((piece) => server.receive(piece));
    const joined = kinds(events).filter((kind, at, all) => kind !== all[at - 1]);
    t.same(joined, [
      'accepted data port-0',
      'accepted error port-1',
      'data data port-0',
      'data error port-1',
      'close',
    ]);
    t.same(kinds(client.receive(server.send(first!, hello))), ['data data port-0'], 'no port of the client');
  }
});

t.test('channels: what is refused', async (t) => {
  const options = { protocol: 'v4.channel.k8s.io' as const, ports: [8080] };
  const toUs = new WebSocketEncoder(null);
  const ofClient = new WebSocketEncoder(key);
  const server = () => new ForwardChannelPeer({ ...options, from: 'server' }, key);
  const client = () => new ForwardChannelPeer({ ...options, from: 'client' }, key);
  t.same(kinds(server().receive(toUs.binary(Buffer.from([0, 1, 2])))), ['PORT_INVALID']);
  t.same(kinds(server().receive(toUs.binary(Buffer.from([2, 0x90, 0x1f])))), ['CHANNEL_UNKNOWN']);
  t.same(kinds(client().receive(ofClient.binary(Buffer.from([1, 0])))), ['WRONG_DIRECTION']);
  t.same(kinds(client().receive(ofClient.binary(Buffer.from([255, 0])))), ['CHANNEL_UNKNOWN']);
});
