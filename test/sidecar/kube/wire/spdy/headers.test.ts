import assert from 'node:assert/strict';
import { constants, deflateRawSync, deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import { SpdyDecoder } from '../../../../../sidecar/kube/wire/spdy/decoder.ts';
import { DICTIONARY } from '../../../../../sidecar/kube/wire/spdy/dictionary.ts';
import type { Headers } from '../../../../../sidecar/kube/wire/spdy/frame.ts';
import { HeaderDeflater, HeaderInflater } from '../../../../../sidecar/kube/wire/spdy/headers.ts';
import { captures } from '../../../../kube-captures/capture.ts';

const SYNC = { dictionary: DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH };

/** The header blocks that a real peer sent, in their order. */
function blocksOf(bytes: Buffer): Buffer[] {
  return new SpdyDecoder().receive(bytes).flatMap((frame) => ('block' in frame ? [frame.block] : []));
}

function words(...numbers: number[]): Buffer {
  return Buffer.concat(numbers.map((number) => Buffer.from(number.toString(16).padStart(8, '0'), 'hex')));
}

/** A block as a peer would send it that has sent none before. */
function block(...parts: (Buffer | string)[]): Buffer {
  return deflateSync(Buffer.concat(parts.map((part) => Buffer.from(part as string))), SYNC);
}

function pair(name: string, value: string): Buffer {
  return Buffer.concat([words(name.length), Buffer.from(name), words(value.length), Buffer.from(value)]);
}

t.test('what real clients and servers call their streams', async (t) => {
  const [argv] = captures('spdy').filter(({ scenario }) => scenario === 'exec-argv');
  const inflater = new HeaderInflater();
  const opened = blocksOf(argv!.client).map((of) => Object.fromEntries(inflater.open(of) as Headers));
  t.same(opened, [{ streamtype: 'error' }, { streamtype: 'stdout' }, { streamtype: 'stderr' }]);

  const [forward] = captures('spdy').filter(({ scenario }) => scenario === 'port-forward');
  const second = new HeaderInflater();
  t.same(
    blocksOf(forward!.client).map((of) => Object.fromEntries(second.open(of) as Headers)),
    [
      { streamtype: 'error', port: '8080', requestid: '0' },
      { streamtype: 'data', port: '8080', requestid: '0' },
    ],
  );
});

t.test("zlib's own stream reads what we deflate block by block, as Go's does", async (t) => {
  const property = fc.property(
    fc.array(fc.dictionary(fc.stringMatching(/^[a-z-]{1,12}$/), fc.string({ maxLength: 40 })), {
      maxLength: 12,
    }),
    (all) => {
      const deflater = new HeaderDeflater();
      const inflater = new HeaderInflater();
      const lists = all.map((entries) => new Map(Object.entries(entries).map(([n, v]) => [n, latin(v)])));
      const blocks = lists.map((headers) => deflater.close(headers));
      for (const [turn, of] of blocks.entries()) assert.deepEqual(inflater.open(of), lists[turn]);
      if (blocks.length === 0) return;
      const plain = inflateSync(Buffer.concat(blocks), SYNC);
      const again = new HeaderInflater().open(deflateSync(plain.subarray(0, plain.length), SYNC));
      assert.ok(lists.length > 1 || again instanceof Map);
    },
  );
  t.doesNotThrow(() => fc.assert(property, { seed: 21, numRuns: 150 }));
});

function latin(text: string): string {
  return Buffer.from(text).toString('latin1');
}

t.test('the window runs on past 32 KiB, both ways', async (t) => {
  const deflater = new HeaderDeflater();
  const inflater = new HeaderInflater();
  const blocks: Buffer[] = [];
  for (let turn = 0; turn < 40; turn += 1) {
    const headers = new Map([['value', Array.from({ length: 400 }, (_, i) => `${turn * i}`).join(' ')]]);
    const of = deflater.close(headers);
    blocks.push(of);
    t.same(inflater.open(of), headers);
  }
  t.ok(inflateSync(Buffer.concat(blocks), SYNC).length > 60_000, 'one stream to zlib');
});

const corrupt: Record<string, Buffer> = {
  nothing: Buffer.alloc(0),
  'half a head': Buffer.from('78f9e3', 'hex'),
  'no dictionary': deflateSync(words(0), { finishFlush: constants.Z_SYNC_FLUSH }),
  'another dictionary': deflateSync(words(0), {
    dictionary: Buffer.from('x'),
    finishFlush: constants.Z_SYNC_FLUSH,
  }),
  'raw deflate': deflateRawSync(words(0), { finishFlush: constants.Z_SYNC_FLUSH }),
  'no flush at its end': block(words(0)).subarray(0, -1),
  'an end of the stream': deflateSync(words(0), { dictionary: DICTIONARY }),
  'something after the end of the stream': Buffer.concat([
    deflateSync(words(0), { dictionary: DICTIONARY }),
    Buffer.from('0000ffff', 'hex'),
  ]),
  'no deflate': Buffer.from('78f9e3c6a7c2ffffffff0000ffff', 'hex'),
};

for (const [name, bytes] of Object.entries(corrupt)) {
  t.test(`${name} is corrupt`, async (t) => {
    t.match(new HeaderInflater().open(bytes), { kind: 'fault', fault: 'HEADERS_CORRUPT' });
  });
}

const invalid: Record<string, Buffer> = {
  'no number': block(''),
  'half a number': block('\0\0'),
  'fewer than announced': block(words(2), pair('a', 'b')),
  'more than announced': block(words(1), pair('a', 'b'), pair('c', 'd')),
  'a number over all bounds': block(words(0xffffffff)),
  'a length over the end': block(words(1, 5), 'ab'),
  'a length over all bounds': block(words(1, 0xffffffff), 'ab'),
  'a value without length': block(words(1, 1), 'a'),
  'a name twice': block(words(2), pair('streamtype', 'stdin'), pair('streamtype', 'error')),
  'an empty name': block(words(1), pair('', 'b')),
  'a capital': block(words(1), pair('streamType', 'b')),
  'a NUL in a name': block(words(1), pair('stream\0type', 'b')),
  'a line break in a name': block(words(1), pair('a\r\nb', 'b')),
};

for (const [name, bytes] of Object.entries(invalid)) {
  t.test(`${name} is invalid`, async (t) => {
    t.match(new HeaderInflater().open(bytes), { kind: 'fault', fault: 'HEADERS_INVALID' });
  });
}

t.test('a bomb is refused before it exists', async (t) => {
  const bomb = block(words(1, 1), 'a', words(8 << 20), Buffer.alloc(8 << 20));
  t.ok(bomb.length < 10_000, 'small on the wire');
  t.match(new HeaderInflater().open(bomb), { kind: 'fault', fault: 'HEADERS_TOO_LARGE' });
});
