import t from 'tap';
import { StreamPeer } from '../../../../../sidecar/kube/wire/remotecommand/streams.ts';
import type { RemoteEvent } from '../../../../../sidecar/kube/wire/remotecommand.ts';
import { encodeData, encodeSynStream } from '../../../../../sidecar/kube/wire/spdy/encoder.ts';
import { HeaderDeflater } from '../../../../../sidecar/kube/wire/spdy/headers.ts';

const ALL = { stdin: true, stdout: true, stderr: true };

function kinds(events: RemoteEvent[]): string[] {
  return events.map((event) => {
    if (event.kind === 'fault') return event.fault;
    return 'channel' in event ? `${event.kind} ${event.channel}` : event.kind;
  });
}

/** SYN_STREAM of each, with these headers. */
function opened(...all: Record<string, string>[]): Buffer {
  const deflater = new HeaderDeflater();
  return Buffer.concat(
    all.map((headers, turn) =>
      encodeSynStream(2 * turn + 1, deflater.close(new Map(Object.entries(headers)))),
    ),
  );
}

t.test('a session of two peers, a relay between them', async (t) => {
  const kubectl = new StreamPeer({ from: 'server', requested: ALL });
  const us = {
    client: new StreamPeer({ from: 'client', requested: ALL }),
    server: new StreamPeer({ from: 'server', requested: ALL }),
  };
  const kubelet = new StreamPeer({ from: 'client', requested: ALL });

  t.same(kinds(us.client.receive(kubectl.open('error'))), ['open error']);
  t.same(kinds(kubelet.receive(us.server.open('error'))), ['open error']);
  t.same(kinds(us.server.receive(kubelet.accept('error'))), ['accepted error']);
  t.same(kinds(kubectl.receive(us.client.accept('error'))), ['accepted error']);

  us.client.receive(kubectl.open('resize'));
  kubelet.receive(us.server.open('resize'));
  const size = { columns: 120, rows: 40 };
  t.same(us.client.receive(kubectl.resize(size)), [{ kind: 'resize', size }]);
  t.same(kubelet.receive(us.server.resize(size)), [{ kind: 'resize', size }]);

  t.same(kinds(us.server.receive(kubelet.send('error', Buffer.from('{}')))), ['data error']);
  t.same(kinds(us.server.receive(kubelet.reset('error'))), ['reset error', 'writable']);
  t.equal(us.server.end('error').length, 0, 'a stream that is gone');
  t.equal(us.client.send('stdout', Buffer.from('x')).length, 0, 'a stream that never was');
  t.same(us.server.receive(kubelet.close(1002)), [{ kind: 'close', code: 1002, reason: '', last: false }]);
  t.equal(us.server.sendable('stdin'), Number.POSITIVE_INFINITY);
});

t.test('a ping comes back as it is', async (t) => {
  const kubectl = new StreamPeer({ from: 'server', requested: ALL });
  const client = new StreamPeer({ from: 'client', requested: ALL });
  const token = { over: 'spdy' as const, data: Buffer.from([0, 0, 0, 7]) };
  t.same(client.receive(kubectl.ping(token)), [{ kind: 'ping', token }]);
  t.same(kubectl.receive(client.pong(token)), [{ kind: 'pong', token }]);
});

const BROKEN: Record<string, [Buffer, string[]]> = {
  'no type': [opened({}), ['CHANNEL_UNKNOWN']],
  'an unknown type': [opened({ streamtype: 'data' }), ['CHANNEL_UNKNOWN']],
  'two types in one': [opened({ streamtype: 'stdin\0error' }), ['CHANNEL_UNKNOWN']],
  'one type twice': [
    opened({ streamtype: 'error' }, { streamtype: 'error' }),
    ['open error', 'CHANNEL_OPENED_TWICE'],
  ],
  'what was not asked for': [opened({ streamtype: 'stdin' }), ['CHANNEL_NOT_REQUESTED']],
  'data of a client on stdout': [
    Buffer.concat([opened({ streamtype: 'stdout' }), encodeData(1, Buffer.from('x'), false)]),
    ['open stdout', 'WRONG_DIRECTION'],
  ],
  'no size': [
    Buffer.concat([opened({ streamtype: 'resize' }), encodeData(1, Buffer.from('[]}'), false)]),
    ['open resize', 'SIZE_INVALID'],
  ],
};

for (const [name, [bytes, said]] of Object.entries(BROKEN)) {
  t.test(name, async (t) => {
    const client = new StreamPeer({ from: 'client', requested: { ...ALL, stdin: false } });
    t.same(kinds(client.receive(bytes)), said);
    t.same(client.receive(opened({ streamtype: 'stderr' })), [], 'silent from then on');
  });
}

t.test('data of a server on stdin', async (t) => {
  const server = new StreamPeer({ from: 'server', requested: ALL });
  const kubelet = new StreamPeer({ from: 'client', requested: ALL });
  kubelet.receive(server.open('stdin'));
  server.receive(kubelet.accept('stdin'));
  t.same(kinds(server.receive(kubelet.send('stdin', Buffer.from('x')))), ['WRONG_DIRECTION']);
});
