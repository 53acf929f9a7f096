import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { Sender } from '../../../../../sidecar/kube/wire/peer.ts';
import { WebSocketDecoder } from '../../../../../sidecar/kube/wire/websocket/decoder.ts';
import { WebSocketEncoder } from '../../../../../sidecar/kube/wire/websocket/encoder.ts';
import type { WebSocketEvent, WebSocketFault } from '../../../../../sidecar/kube/wire/websocket/frame.ts';
import { anySizes, bytewise, type Cut, cutAt, inSizes, whole } from '../../../../kube-captures/cuts.ts';

function decode(from: Sender, bytes: Buffer, cut: Cut = whole): WebSocketEvent[] {
  const decoder = new WebSocketDecoder(from);
  const events: WebSocketEvent[] = [];
  for (const piece of cut(bytes)) events.push(...decoder.receive(piece));
  return [...events, ...decoder.finish()];
}

/** Events as text, the pieces of each message joined. */
function tell(events: WebSocketEvent[]): string[] {
  const lines: string[] = [];
  for (const event of events) {
    if (event.kind === 'fault') lines.push(event.fault);
    else if (event.kind === 'close') lines.push(`close ${event.code} ${event.reason}`);
    else if (event.kind !== 'data') lines.push(`${event.kind} ${event.data.toString('latin1')}`);
    else if (event.first) lines.push(`${event.opcode} ${event.data.toString('latin1')}`);
    else lines.push(lines.pop()! + event.data.toString('latin1'));
  }
  return lines;
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** RFC 6455, 5.7, and what else a peer may send: [from, bytes, said]. */
const VALID: Record<string, [Sender, string, string[]]> = {
  'an unmasked text message': ['server', '81 05 48656c6c6f', ['text Hello']],
  'a masked text message': ['client', '81 85 37fa213d 7f9f4d5158', ['text Hello']],
  'a fragmented text message': ['server', '01 03 48656c  80 02 6c6f', ['text Hello']],
  'a ping': ['server', '89 05 48656c6c6f', ['ping Hello']],
  'a masked pong': ['client', '8a 85 37fa213d 7f9f4d5158', ['pong Hello']],
  '256 bytes': ['server', `82 7e 0100 ${'61'.repeat(256)}`, [`binary ${'a'.repeat(256)}`]],
  '64 KiB': ['server', `82 7f 0000000000010000 ${'61'.repeat(65_536)}`, [`binary ${'a'.repeat(65_536)}`]],
  'a ping within a message': ['server', '02 01 61  89 00  80 01 62', ['binary a', 'ping ']],
  'empty messages': ['server', '82 00 82 00', ['binary ', 'binary ']],
  'empty fragments': ['server', '02 00  00 00  00 01 61  80 00', ['binary a']],
  NULs: ['server', '82 03 000000', ['binary \0\0\0']],
  'a close': ['server', '88 02 03e8', ['close 1000 ']],
  'a close without a code': ['server', '88 00', ['close null ']],
  'a close with a reason': ['server', '88 07 03f0 68c3a97921', ['close 1008 héy!']],
  'bytes after a close': ['server', '88 02 03e8 ff ff ff', ['close 1000 ']],
};

for (const [name, [from, bytes, said]] of Object.entries(VALID)) {
  t.test(name, async (t) => {
    const told = tell(decode(from, hex(bytes)));
    // a ping within a message is told where it came, so the message's second half comes after it
    if (name === 'a ping within a message') {
      t.same(
        decode(from, hex(bytes)).map((event) => event.kind),
        ['data', 'ping', 'data'],
      );
    } else {
      t.same(told, said);
      const cuts = bytes.length < 2_000 ? [bytewise] : Array.from({ length: 20 }, (_, at) => cutAt(at));
      for (const cut of cuts) t.same(tell(decode(from, hex(bytes), cut)), said, 'cut');
    }
  });
}

/** [from, bytes, what was said before it broke] */
const BROKEN: Record<Exclude<WebSocketFault, 'MESSAGE_TOO_LARGE'>, [Sender, string, string[]][]> = {
  RESERVED_BITS: [
    ['server', 'c2 00', []],
    ['server', '82 01 61  a2 00', ['binary a']],
    ['server', '92 00', []],
  ],
  UNKNOWN_OPCODE: [
    ['server', '83 00', []],
    ['client', '8b 80', []],
    ['server', '8f 00', []],
  ],
  NOT_MASKED: [['client', '82 01 61', []]],
  MASKED_BY_SERVER: [['server', '82 81 00000000 61', []]],
  LENGTH_INVALID: [
    ['server', '82 7e 007d', []],
    ['server', '82 7f 000000000000ffff', []],
  ],
  CONTROL_FRAGMENTED: [['server', '09 00', []]],
  CONTROL_TOO_LONG: [
    ['server', '89 7e', []],
    ['server', '88 7f', []],
  ],
  CONTINUATION_UNEXPECTED: [
    ['server', '80 01 61', []],
    ['server', '82 00 00 00', ['binary ']],
  ],
  CONTINUATION_MISSING: [
    ['server', '02 01 61 82 01 62', ['binary a']],
    ['server', '02 00 01 00', []],
  ],
  CLOSE_INVALID: [
    ['server', '88 01 03', []],
    ['server', '88 02 03ed', []],
    ['server', '88 02 03ec', []],
    ['server', '88 02 0000', []],
    ['server', '88 02 ffff', []],
    ['server', '88 03 03e8 ff', []],
  ],
  TRUNCATED: [
    ['server', '82', []],
    ['server', '82 02 61', ['binary a']],
    ['server', '02 01 61', ['binary a']],
    ['client', '82 81 0000', []],
    ['server', '89 02 61', []],
  ],
};

for (const [fault, cases] of Object.entries(BROKEN)) {
  t.test(`${fault} ends it, with what came before told`, async (t) => {
    for (const [from, bytes, before] of cases) {
      for (const cut of [whole, bytewise]) {
        t.same(tell(decode(from, hex(bytes), cut)), [...before, fault], bytes);
      }
    }
  });
}

t.test('a message over the limit is refused before it is read, and so are fragments', async (t) => {
  const large = new WebSocketDecoder('server', 100);
  t.match(large.receive(hex('82 65')), [{ kind: 'fault', fault: 'MESSAGE_TOO_LARGE' }]);
  t.same(large.receive(hex('82 01 61')), [], 'silent from then on');
  t.same(large.finish(), []);

  const huge = new WebSocketDecoder('server');
  t.match(huge.receive(hex('82 7f ffffffffffffffff')), [{ fault: 'MESSAGE_TOO_LARGE' }]);

  const fragments = new WebSocketDecoder('server', 100);
  const fragment = (opcode: string) => hex(`${opcode} 33 ${'61'.repeat(51)}`);
  t.match(fragments.receive(fragment('02')), [{ kind: 'data' }]);
  t.match(fragments.receive(fragment('00')), [{ fault: 'MESSAGE_TOO_LARGE' }]);
});

const anyMessage = fc.oneof(
  fc.record({ kind: fc.constant('binary' as const), data: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({
    kind: fc.constant('binary' as const),
    data: fc
      .integer({ min: 65_530, max: 65_550 })
      .map((length) => new Uint8Array(length).fill(length & 0xff)),
  }),
  fc.record({
    kind: fc.constantFrom('ping' as const, 'pong' as const),
    data: fc.uint8Array({ maxLength: 125 }),
  }),
);
/** A byte at a time would take long. */
const largerSizes = anySizes.map((sizes) => [...sizes, 1_000]);

t.test('what is encoded is decoded, with masks and without, whatever the cuts', async (t) => {
  const property = fc.property(
    fc.array(anyMessage, { maxLength: 6 }),
    fc.option(fc.uint8Array({ minLength: 4, maxLength: 4 })),
    largerSizes,
    (messages, key, sizes) => {
      const encoder = new WebSocketEncoder(key === null ? null : () => Buffer.from(key));
      const bytes = Buffer.concat([
        ...messages.map(({ kind, data }) => encoder[kind](data)),
        encoder.close(1000, 'done'),
      ]);
      const said = messages.map(({ kind, data }) => `${kind} ${Buffer.from(data).toString('latin1')}`);
      assert.deepEqual(tell(decode(key === null ? 'server' : 'client', bytes, inSizes(sizes))), [
        ...said,
        'close 1000 done',
      ]);
    },
  );
  t.doesNotThrow(() => fc.assert(property, { seed: 11, numRuns: 100 }));
});

t.test('a mask is the same whatever lies beneath: every offset, length and phase', async (t) => {
  const key = hex('0180ff7f');
  for (let offset = 0; offset < 9; offset += 1) {
    for (let length = 0; length < 40; length += 1) {
      const source = Buffer.from(Array.from({ length }, (_, i) => (i * 37) & 0xff));
      const encoder = new WebSocketEncoder(() => key);
      const frame = encoder.binary(source.subarray(0, offset), source.subarray(offset));
      const expected = source.map((byte, i) => byte ^ key[i & 3]!);
      assert.deepEqual([...frame.subarray(6)], [...expected]);
    }
  }
  t.pass('as byte by byte');
});

t.test('an encoder writes what RFC 6455 prints', async (t) => {
  t.equal(new WebSocketEncoder(null).text('Hello').toString('hex'), '810548656c6c6f');
  const key = hex('37fa213d');
  t.equal(new WebSocketEncoder(() => key).text('Hello').toString('hex'), '818537fa213d7f9f4d5158');
  t.equal(new WebSocketEncoder(null).close(null).toString('hex'), '8800');
  const cut = new WebSocketEncoder(null).close(1008, `${'x'.repeat(122)}é`);
  t.equal(cut.length, 2 + 2 + 122, 'a long reason is cut at a character');
  t.throws(() => new WebSocketEncoder(null).ping(Buffer.alloc(126)), RangeError);
});
