import t from 'tap';
import type { Sender } from '../../../../../sidecar/kube/wire/peer.ts';
import {
  encodeData,
  encodeGoAway,
  encodePing,
  encodeRstStream,
  encodeSynReply,
  encodeSynStream,
  encodeWindowUpdate,
} from '../../../../../sidecar/kube/wire/spdy/encoder.ts';
import { HeaderDeflater } from '../../../../../sidecar/kube/wire/spdy/headers.ts';
import { type SpdyEvent, SpdySession } from '../../../../../sidecar/kube/wire/spdy/session.ts';
import { bytewise } from '../../../../kube-captures/cuts.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const hello = Buffer.from('hello');

/** Makes what one peer sends, its headers compressed in one run. */
class Script {
  readonly #deflater = new HeaderDeflater();

  open(stream: number, type = 'data'): Buffer {
    return encodeSynStream(stream, this.#deflater.close(new Map([['streamtype', type]])));
  }

  reply(stream: number): Buffer {
    return encodeSynReply(stream, this.#deflater.close(new Map()));
  }
}

function kinds(events: SpdyEvent[]): string[] {
  return events.map((event) => {
    if (event.kind === 'fault') return event.fault;
    return 'stream' in event ? `${event.kind} ${event.stream}` : event.kind;
  });
}

type Build = (script: Script) => Buffer[];

/** [from, what it sends, what is said of it]; towards a server, streams 1 and 3 have been opened. */
const CASES: Record<string, [Sender, Build, string[]]> = {
  'a life': [
    'client',
    (s) => [s.open(1), encodeData(1, hello, false), encodeData(1, hello, true)],
    ['open 1', 'data 1', 'data 1', 'end 1'],
  ],
  'an end without data': [
    'client',
    (s) => [s.open(1), encodeData(1, hello.subarray(5), true)],
    ['open 1', 'end 1'],
  ],
  'numbers with gaps': ['client', (s) => [s.open(1), s.open(7), s.open(9)], ['open 1', 'open 7', 'open 9']],
  'streams interleaved': [
    'client',
    (s) => [s.open(1), s.open(3), encodeData(3, hello, false), encodeData(1, hello, false)],
    ['open 1', 'open 3', 'data 3', 'data 1'],
  ],
  'pings of a client': ['client', () => [encodePing(1), encodePing(2)], ['ping', 'pong']],
  'pings of a server': ['server', () => [encodePing(1), encodePing(2)], ['pong', 'ping']],
  'a goodbye': ['server', () => [encodeGoAway(3, 0)], ['goaway']],
  'a reply, then data': [
    'server',
    (s) => [s.reply(1), encodeData(1, hello, false)],
    ['accepted 1', 'data 1'],
  ],
  'data after a reset of the sender': [
    'client',
    (s) => [s.open(1), encodeRstStream(1, 5), encodeData(1, hello, false), encodeRstStream(1, 5)],
    ['open 1', 'reset 1', 'writable', 'discarded'],
  ],
  'an even number': ['client', (s) => [s.open(2)], ['STREAM_NUMBER']],
  'a number again': ['client', (s) => [s.open(3), s.open(3)], ['open 3', 'STREAM_NUMBER']],
  'a smaller number': ['client', (s) => [s.open(3), s.open(1)], ['open 3', 'STREAM_NUMBER']],
  'a number of a stream that is gone': [
    'client',
    (s) => [s.open(3), encodeRstStream(3, 5), s.open(3)],
    ['open 3', 'reset 3', 'writable', 'STREAM_NUMBER'],
  ],
  'a stream of the server': ['server', (s) => [s.open(2)], ['STREAM_OF_SERVER']],
  'too many streams': [
    'client',
    (s) => [1, 3, 5, 7, 9].map((number) => s.open(number)),
    ['open 1', 'open 3', 'open 5', 'open 7', 'TOO_MANY_STREAMS'],
  ],
  'data of no stream': ['client', () => [encodeData(1, hello, false)], ['STREAM_UNKNOWN']],
  'data of an even stream': [
    'client',
    (s) => [s.open(5), encodeData(2, hello, false)],
    ['open 5', 'STREAM_UNKNOWN'],
  ],
  'data after the end': [
    'client',
    (s) => [s.open(1), encodeData(1, hello, true), encodeData(1, hello, false)],
    ['open 1', 'data 1', 'end 1', 'STREAM_ENDED'],
  ],
  'a second end': [
    'client',
    (s) => [s.open(1), encodeData(1, hello, true), encodeData(1, hello.subarray(5), true)],
    ['open 1', 'data 1', 'end 1', 'STREAM_ENDED'],
  ],
  'a reset of no stream': ['client', () => [encodeRstStream(1, 5)], ['STREAM_UNKNOWN']],
  'a reply of a client': ['client', (s) => [s.open(1), s.reply(1)], ['open 1', 'REPLY_UNEXPECTED']],
  'a second reply': ['server', (s) => [s.reply(1), s.reply(1)], ['accepted 1', 'REPLY_UNEXPECTED']],
  'a reply to no stream': ['server', (s) => [s.reply(5)], ['STREAM_UNKNOWN']],
  'data before the reply': ['server', () => [encodeData(1, hello, false)], ['REPLY_MISSING']],
  'a window that overflows': ['server', () => [encodeWindowUpdate(1, 0x7fffffff)], ['WINDOW_OVERFLOW']],
  'another version': ['client', () => [hex('8002 0006 00 000004 00000001')], ['VERSION_UNKNOWN']],
  'an unknown type': ['client', () => [hex('8003 000a 00 000004 00000001')], ['TYPE_UNKNOWN']],
  'flags on a ping': ['client', () => [hex('8003 0006 01 000004 00000001')], ['FLAGS_INVALID']],
  'a unidirectional stream': ['client', () => [hex('8003 0001 02 00000a')], ['FLAGS_INVALID']],
  'flags on data': ['client', () => [hex('00000001 02 000000')], ['FLAGS_INVALID']],
  'a control frame over the limit': ['client', () => [hex('8003 0001 00 ffffff')], ['CONTROL_TOO_LARGE']],
  'a ping of 0': ['client', () => [hex('8003 0006 00 000004 00000000')], ['FIELD_INVALID']],
  'a ping of 5 bytes': ['client', () => [hex('8003 0006 00 000005 0000000100')], ['FIELD_INVALID']],
  'a reset without status': [
    'client',
    () => [hex('8003 0003 00 000008 00000001 00000000')],
    ['FIELD_INVALID'],
  ],
  'a window that grows by nothing': [
    'client',
    () => [hex('8003 0009 00 000008 00000000 00000000')],
    ['FIELD_INVALID'],
  ],
  'settings that say too many': ['client', () => [hex('8003 0004 00 000004 ffffffff')], ['FIELD_INVALID']],
  'settings cut short': ['client', () => [hex('8003 0004 00 000000')], ['FIELD_INVALID']],
  'a reserved bit': ['client', () => [hex('8003 0003 00 000008 80000001 00000005')], ['FIELD_INVALID']],
  'data of stream 0': ['client', () => [hex('00000000 00 000000')], ['FIELD_INVALID']],
  'headers that are none': [
    'client',
    () => [hex('8003 0001 00 00000a 00000001 00000000 0000')],
    ['HEADERS_CORRUPT'],
  ],
  'an open frame': ['client', (s) => [s.open(1), hex('00000001 00')], ['open 1', 'TRUNCATED']],
  'open data': [
    'client',
    (s) => [s.open(1), encodeData(1, hello, false).subarray(0, 8)],
    ['open 1', 'TRUNCATED'],
  ],
};

for (const [name, [from, build, said]] of Object.entries(CASES)) {
  t.test(name, async (t) => {
    const session = () => {
      const made = new SpdySession(from, 4);
      if (from === 'server') for (const type of ['error', 'data']) made.open(new Map([['streamtype', type]]));
      return made;
    };
    const bytes = Buffer.concat(build(new Script()));
    const whole = session();
    t.same(kinds([...whole.receive(bytes), ...whole.finish()]), said);
    const cut = session();
    const events = [...bytewise(bytes)].flatMap((piece) => cut.receive(piece));
    const merged = kinds([...events, ...cut.finish()]).filter((kind, at, all) => {
      return !(/^(data|discarded)/.test(kind) && kind === all[at - 1]);
    });
    t.same(
      merged,
      said.filter((kind, at) => !(kind.startsWith('data') && kind === said[at - 1])),
      'a byte at a time',
    );
    t.same(cut.receive(encodePing(1)).length, /[A-Z]/.test(said.at(-1)!) ? 0 : 1, 'silent after a fault');
  });
}

t.test('a stream that both ended is gone, and so is one that we reset', async (t) => {
  const script = new Script();
  const session = new SpdySession('client', 1);
  session.receive(Buffer.concat([script.open(1), encodeData(1, hello, true)]));
  t.ok(session.has(1));
  t.equal(session.end(1).toString('hex'), '0000000101000000');
  t.notOk(session.has(1));
  t.equal(session.data(1, hello).length, 0, 'nothing more is said on it');
  t.same(kinds(session.receive(script.open(3))), ['open 3'], 'there is room for another');
  t.equal(session.reset(3).toString('hex'), '80030003000000080000000300000005');
  t.same(kinds(session.receive(encodeData(3, hello, false))), ['discarded'], 'what was on its way');
  t.equal(session.reset(3).length, 0);
});

t.test('after our end, nothing is lost silently', async (t) => {
  const session = new SpdySession('client', 1);
  session.receive(new Script().open(1));
  session.end(1);
  t.throws(() => session.data(1, hello), RangeError);
  t.equal(session.end(1).length, 0);
});

t.test("windows bind us once the peer shows that it counts: Kubernetes' own never does", async (t) => {
  const session = new SpdySession('client', 4);
  session.receive(new Script().open(1));
  session.data(1, Buffer.alloc(100_000));
  t.equal(session.sendable(1), Number.POSITIVE_INFINITY);

  t.same(kinds(session.receive(encodeWindowUpdate(1, 100_000))), ['writable']);
  t.equal(session.sendable(1), 0, 'the session is 34,464 bytes over');
  session.receive(encodeWindowUpdate(0, 40_000));
  t.equal(session.sendable(1), 5_536);
  session.data(1, Buffer.alloc(5_000));
  t.equal(session.sendable(1), 536);

  // SETTINGS: an initial window of 0, 65,536 less than before: the stream had 60,536 left
  session.receive(hex('8003 0004 00 00000c 00000001 00000007 00000000'));
  t.equal(session.sendable(1), 0);
  t.same(kinds(session.receive(encodeWindowUpdate(9, 5))), ['writable'], 'a stream that is gone');
});

t.test('our windows hold back a peer that counts and keeps to them, and TCP alone any other', async (t) => {
  const half = Buffer.alloc(32_768);
  const session = new SpdySession('client', 4);
  session.receive(new Script().open(1));
  t.notOk(session.windowed, 'not before it has shown that it counts');
  session.receive(encodeWindowUpdate(0, 1));
  t.ok(session.windowed);
  session.receive(encodeData(1, half, false));
  t.equal(session.consumed(1, half.length).length, 32);
  session.receive(encodeData(1, Buffer.alloc(65_536), false));
  t.ok(session.windowed, 'all that it may');
  t.same(kinds(session.receive(encodeData(1, hello, false))), ['data 1'], 'more than it may is no fault');
  t.notOk(session.windowed);
});

t.test('what was passed on is granted again, half a window at a time, to a peer that counts', async (t) => {
  const session = new SpdySession('client', 4);
  session.receive(new Script().open(1));
  session.receive(encodeWindowUpdate(0, 1));
  t.equal(session.consumed(1, 30_000).length, 0);
  t.equal(
    session.consumed(1, 10_000).toString('hex'),
    `${encodeWindowUpdate(0, 40_000).toString('hex')}${encodeWindowUpdate(1, 40_000).toString('hex')}`,
  );
  t.equal(session.consumed(1, 1).length, 0);
});

t.test('a peer that has not shown that it counts is granted nothing but what it may wait for', async (t) => {
  const session = new SpdySession('client', 4);
  session.receive(new Script().open(1));
  session.receive(encodeData(1, Buffer.alloc(40_000), false));
  t.equal(session.consumed(1, 40_000).length, 0);
  t.equal(session.silent().length, 0, 'it can go on');
  session.receive(encodeData(1, Buffer.alloc(25_536), false));
  t.equal(session.consumed(1, 25_536).length, 0);
  t.equal(session.silent().length, 32, 'it may be waiting');
  t.equal(session.silent().length, 0, 'once');
  session.receive(encodeData(1, Buffer.alloc(65_537), false));
  session.consumed(1, 65_537);
  t.equal(session.silent().length, 0, 'it does not count');
});

t.test('numbers of our own streams, and data over what a frame holds', async (t) => {
  const session = new SpdySession('server', 2);
  t.equal(session.open(new Map()).stream, 1);
  t.equal(session.open(new Map()).stream, 3);
  t.throws(() => session.open(new Map()), RangeError);
  const huge = session.data(1, Buffer.alloc(0x1000001));
  t.equal(huge.length, 0x1000001 + 16);
  t.equal(huge.subarray(0, 8).toString('hex'), '0000000100ffffff');
  t.equal(huge.subarray(8 + 0xffffff, 16 + 0xffffff).toString('hex'), '0000000100000002');
});
