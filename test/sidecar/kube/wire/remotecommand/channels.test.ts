import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { Sender } from '../../../../../sidecar/kube/wire/peer.ts';
import { ChannelPeer } from '../../../../../sidecar/kube/wire/remotecommand/channels.ts';
import {
  CHANNELS,
  type DataChannel,
  FROM_CLIENT,
  type RemoteEvent,
  WEBSOCKET_PROTOCOLS,
  type WebSocketProtocol,
} from '../../../../../sidecar/kube/wire/remotecommand.ts';
import { WebSocketEncoder } from '../../../../../sidecar/kube/wire/websocket/encoder.ts';
import { anySizes, bytewise, inSizes } from '../../../../kube-captures/cuts.ts';

const key = () => Buffer.from([0xa5, 1, 2, 3]);
const ALL = { stdin: true, stdout: true, stderr: true };

function peer(protocol: WebSocketProtocol, from: Sender, requested = ALL): ChannelPeer {
  return new ChannelPeer(protocol, { from, requested }, key);
}

/** Events as text, the data of neighbours on one channel joined. */
function tell(events: RemoteEvent[]): string[] {
  const lines: string[] = [];
  for (const event of events) {
    if (event.kind === 'data') {
      const head = `${event.channel}: `;
      if (lines.at(-1)?.startsWith(head)) lines.push(lines.pop()! + event.data.toString('latin1'));
      else lines.push(head + event.data.toString('latin1'));
    } else if (event.kind === 'fault') lines.push(event.fault);
    else if (event.kind === 'resize') lines.push(`resize ${event.size.columns}x${event.size.rows}`);
    else if (event.kind === 'end') lines.push(`end ${event.channel}`);
    else lines.push(event.kind);
  }
  return lines;
}

interface Message {
  binary?: number[] | string;
  text?: string;
}

function sent(from: Sender, messages: Message[]): Buffer {
  const encoder = new WebSocketEncoder(from === 'client' ? key : null);
  return Buffer.concat(
    messages.map(({ binary, text }) => {
      if (text !== undefined) return encoder.text(text);
      return encoder.binary(
        typeof binary === 'string' ? Buffer.from(binary, 'latin1') : Buffer.from(binary!),
      );
    }),
  );
}

/** [subprotocol, from, messages, what they say] */
const CASES: Record<string, [WebSocketProtocol, Sender, Message[], string[]]> = {
  'stdin and its end': [
    'v5.channel.k8s.io',
    'client',
    [{ binary: '\0ls\n' }, { binary: [255, 0] }],
    ['stdin: ls\n', 'end stdin'],
  ],
  'the end of a channel of the other side': [
    'v5.channel.k8s.io',
    'client',
    [{ binary: [255, 3] }],
    ['end error'],
  ],
  'a first, empty message': ['v4.channel.k8s.io', 'server', [{ binary: [1] }], ['stdout: ']],
  'a message of nothing': [
    'v4.channel.k8s.io',
    'server',
    [{ binary: [] }, { binary: '\x01a' }],
    ['stdout: a'],
  ],
  'text of a client, as Python sends it': [
    'v4.channel.k8s.io',
    'client',
    [{ text: '\0ls é\n' }],
    ['stdin: ls \xc3\xa9\n'],
  ],
  'no subprotocol': ['', 'client', [{ binary: '\0x' }], ['stdin: x']],
  NULs: ['v4.channel.k8s.io', 'server', [{ binary: '\x02\0\0' }], ['stderr: \0\0']],
  'a first size of nothing': [
    'v4.channel.k8s.io',
    'client',
    [
      { binary: '\x04{"Width":0,"Height":0}\n' },
      { binary: '\x04{"Width":80,"Hei' },
      { binary: '\x04ght":24}\n' },
    ],
    ['resize 0x0', 'resize 80x24'],
  ],
  base64: [
    'v4.base64.channel.k8s.io',
    'server',
    [{ text: '1Zm9vCg==' }, { text: '2' }],
    ['stdout: foo\n', 'stderr: '],
  ],
  'base64 in binary': ['base64.channel.k8s.io', 'client', [{ binary: '0Zm9v' }], ['stdin: foo']],

  'an unknown channel': ['v5.channel.k8s.io', 'client', [{ binary: '\x05x' }], ['CHANNEL_UNKNOWN']],
  'a close signal before v5': ['v4.channel.k8s.io', 'client', [{ binary: [255, 0] }], ['CHANNEL_UNKNOWN']],
  'an unknown channel in base64': [
    'base64.channel.k8s.io',
    'client',
    [{ text: '5Zm9v' }],
    ['CHANNEL_UNKNOWN'],
  ],
  'a channel below 0 in base64': [
    'base64.channel.k8s.io',
    'client',
    [{ text: '/Zm9v' }],
    ['CHANNEL_UNKNOWN'],
  ],
  'stdout of a client': ['v5.channel.k8s.io', 'client', [{ binary: '\x01x' }], ['WRONG_DIRECTION']],
  'an error of a client': ['v5.channel.k8s.io', 'client', [{ binary: '\x03x' }], ['WRONG_DIRECTION']],
  'stdin of a server': ['v5.channel.k8s.io', 'server', [{ binary: '\0x' }], ['WRONG_DIRECTION']],
  'a size of a server': ['v5.channel.k8s.io', 'server', [{ binary: '\x04{}' }], ['WRONG_DIRECTION']],
  'data after the end': [
    'v5.channel.k8s.io',
    'client',
    [{ binary: [255, 0] }, { binary: '\0x' }, { binary: '\0y' }],
    ['end stdin', 'DATA_AFTER_END'],
  ],
  'two ends': [
    'v5.channel.k8s.io',
    'client',
    [{ binary: [255, 0] }, { binary: [255, 0] }],
    ['end stdin', 'DATA_AFTER_END'],
  ],
  'a close signal of nothing': ['v5.channel.k8s.io', 'client', [{ binary: [255] }], ['CLOSE_SIGNAL_INVALID']],
  'a close signal of two': [
    'v5.channel.k8s.io',
    'client',
    [{ binary: [255, 0, 1] }],
    ['CLOSE_SIGNAL_INVALID'],
  ],
  'a close signal of no channel': [
    'v5.channel.k8s.io',
    'client',
    [{ binary: [255, 9] }],
    ['CLOSE_SIGNAL_INVALID'],
  ],
  'text of a server': ['v5.channel.k8s.io', 'server', [{ text: '\x01x' }], ['TEXT_UNEXPECTED']],
  'base64 that is none': [
    'base64.channel.k8s.io',
    'client',
    [{ text: '0Zm9v' }, { text: '0Zm 9v' }],
    ['stdin: foo', 'BASE64_INVALID'],
  ],
  'base64 without padding': ['base64.channel.k8s.io', 'client', [{ text: '0Zg' }], ['BASE64_INVALID']],
  'base64 that goes on after padding': [
    'base64.channel.k8s.io',
    'client',
    [{ text: '0Zg==' }, { text: '0====' }],
    ['stdin: f', 'BASE64_INVALID'],
  ],
  'a size that is none': ['v4.channel.k8s.io', 'client', [{ binary: '\x04{"Width":80}' }], ['SIZE_INVALID']],
  'a size out of range': [
    'v4.channel.k8s.io',
    'client',
    [{ binary: '\x04{"Width":65536,"Height":1}' }],
    ['SIZE_INVALID'],
  ],
  'a size of strings': [
    'v4.channel.k8s.io',
    'client',
    [{ binary: '\x04{"Width":"80","Height":"24"}' }],
    ['SIZE_INVALID'],
  ],
  'a size that does not end': [
    'v4.channel.k8s.io',
    'client',
    [{ binary: `\x04${' '.repeat(300)}` }],
    ['SIZE_INVALID'],
  ],
};

for (const [name, [protocol, from, messages, said]] of Object.entries(CASES)) {
  t.test(name, async (t) => {
    const bytes = sent(from, messages);
    t.same(tell(peer(protocol, from).receive(bytes)), said);
    const cut = peer(protocol, from);
    t.same(tell([...bytewise(bytes)].flatMap((piece) => cut.receive(piece))), said, 'a byte at a time');
    t.same(cut.receive(sent(from, [{ binary: '\0x' }])).length, /[A-Z]/.test(said.at(-1)![0]!) ? 0 : 1);
  });
}

t.test('a channel that was not asked for', async (t) => {
  const client = peer('v5.channel.k8s.io', 'client', { ...ALL, stdin: false });
  t.same(tell(client.receive(sent('client', [{ binary: '\0x' }]))), ['CHANNEL_NOT_REQUESTED']);
  const server = peer('v5.channel.k8s.io', 'server', { ...ALL, stderr: false });
  t.same(
    tell(server.receive(sent('server', [{ binary: '\x01a' }, { binary: '\x03b' }, { binary: '\x02c' }]))),
    ['stdout: a', 'error: b', 'CHANNEL_NOT_REQUESTED'],
  );
});

t.test('a fault of the frames below ends it, too', async (t) => {
  const client = peer('v5.channel.k8s.io', 'client');
  t.same(tell(client.receive(Buffer.from([0x82, 0x01, 0x00]))), ['NOT_MASKED']);
  t.same(tell(client.finish()), []);
  const server = peer('v5.channel.k8s.io', 'server');
  t.same(tell(server.receive(Buffer.from([0x82, 0x02, 0x01]))), []);
  t.same(tell(server.finish()), ['TRUNCATED']);
});

const anyAct = fc.oneof(
  fc.record({ channel: fc.constantFrom(...CHANNELS), data: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({
    columns: fc.integer({ min: 0, max: 0xffff }),
    rows: fc.integer({ min: 0, max: 0xffff }),
  }),
);

t.test('what is sent is received, in every subprotocol and both ways', async (t) => {
  const property = fc.property(
    fc.constantFrom(...(Object.keys(WEBSOCKET_PROTOCOLS) as WebSocketProtocol[])),
    fc.constantFrom<Sender>('client', 'server'),
    fc.array(anyAct, { maxLength: 8 }),
    anySizes,
    (protocol, from, acts, sizes) => {
      // the encoder towards a server speaks as a client, and the other way round
      const speaker = peer(protocol, from === 'client' ? 'server' : 'client');
      const said: Buffer[] = [];
      const expected: string[] = [];
      for (const act of acts) {
        if ('rows' in act) {
          if (from !== 'client') continue;
          said.push(speaker.resize(act));
          expected.push(`resize ${act.columns}x${act.rows}`);
        } else if (act.channel !== 'resize' && FROM_CLIENT.has(act.channel) === (from === 'client')) {
          said.push(speaker.send(act.channel satisfies DataChannel, act.data));
          const head = `${act.channel}: `;
          const text = Buffer.from(act.data).toString('latin1');
          if (expected.at(-1)?.startsWith(head)) expected.push(expected.pop()! + text);
          else expected.push(head + text);
        }
      }
      const listener = peer(protocol, from);
      const events = [...inSizes(sizes)(Buffer.concat(said))].flatMap((piece) => listener.receive(piece));
      assert.deepEqual(tell(events), expected);
      assert.deepEqual(listener.finish(), []);
    },
  );
  t.doesNotThrow(() => fc.assert(property, { seed: 31, numRuns: 200 }));
});

t.test('half-close has a message in v5 only', async (t) => {
  t.equal(peer('v5.channel.k8s.io', 'client').end('stdout').toString('hex'), '8202ff01');
  t.equal(peer('v4.channel.k8s.io', 'client').end('stdout').length, 0);
});
