import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { Event, Header, Version } from '../../../recorder/asciicast/cast.ts';
import { CastReader, type Item } from '../../../recorder/asciicast/read.ts';
import { castEncoder, writeCast } from '../../../recorder/asciicast/write.ts';
import { anyText, commonHeader, cut, eventList, holds } from './properties.ts';

function readAll(chunks: Iterable<Uint8Array>): Item[] {
  const reader = new CastReader();
  const items: Item[] = [];
  for (const chunk of chunks) items.push(...reader.push(chunk));
  items.push(...reader.end());
  return items;
}

function encode(version: Version, header: Header, events: Event[]): Buffer {
  return Buffer.from([...writeCast(version, header, events)].join(''));
}

function decode(bytes: Buffer): { version: Version; header: Header; events: Event[] } {
  const [first, ...rest] = readAll([bytes]);
  if (first?.kind !== 'header') throw new Error('no header');
  return {
    version: first.version,
    header: first.header,
    events: rest.map((item) => (item.kind === 'event' ? item.event : fail(item))),
  };
}

function fail(item: Item): never {
  throw new Error(`unexpected ${item.kind}`);
}

for (const version of [2, 3] as const) {
  t.test(`what v${version} wrote, v${version} reads`, async (t) => {
    const property = fc.property(commonHeader, eventList, (header, events) => {
      assert.deepStrictEqual(decode(encode(version, header, events)), { version, header, events });
    });
    holds(t, property, 300);
  });

  t.test(`v${version} keeps what only it can say`, async (t) => {
    const header: Header = {
      cols: 80,
      rows: 24,
      ...(version === 2 ? { duration: 123_450_001 } : { tags: ['a', ''], termVersion: 'VTE(7802)' }),
    };
    t.strictSame(decode(encode(version, header, [])).header, header);
  });
}

t.test('v2 to v3 and back gives the same bytes', async (t) => {
  const property = fc.property(commonHeader, eventList, (header, events) => {
    const v2 = encode(2, header, events);
    const there = decode(v2);
    const back = decode(encode(3, there.header, there.events));
    assert.equal(encode(2, back.header, back.events).toString(), v2.toString());
  });
  holds(t, property, 200);
});

t.test('how the bytes are cut makes no difference', async (t) => {
  const sizes = fc.infiniteStream(fc.nat(40));
  const property = fc.property(commonHeader, eventList, sizes, (header, events, sizes) => {
    const bytes = encode(3, header, events);
    assert.deepStrictEqual(readAll(cut(bytes, sizes)), readAll([bytes]));
  });
  holds(t, property, 100);
});

t.test('a reader may reuse the memory it reads into', async (t) => {
  const bytes = encode(3, { cols: 80, rows: 24 }, [{ time: 1, code: 'o', data: 'abcdefgh'.repeat(9) }]);
  const reader = new CastReader();
  const memory = Buffer.alloc(7);
  const items: Item[] = [];
  for (let from = 0; from < bytes.length; from += 7) {
    const length = bytes.copy(memory, 0, from, from + 7);
    items.push(...reader.push(memory.subarray(0, length)));
    memory.fill('!');
  }
  t.strictSame(items, readAll([bytes]));
});

t.test('a line has one line feed, escapes what cannot be printed, and survives UTF-8', async (t) => {
  const property = fc.property(anyText, (data) => {
    const line = castEncoder(3).event({ time: 0, code: 'o', data });
    assert.equal(line.indexOf('\n'), line.length - 1);
    assert.doesNotMatch(line.slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/);
    assert.ok(line.isWellFormed());
    assert.equal(JSON.parse(line)[2], data);
  });
  holds(t, property, 500);
});

t.test('a million intervals add up to the time of the last event', async (t) => {
  const encoder = castEncoder(3);
  const sum = { naive: 0, exact: 0n };
  let time = 0;
  for (let n = 0; n < 1_000_000; n += 1) {
    // times that are not whole microseconds are where rounding each interval would drift
    time += 1 / 3 + (n % 7);
    const seconds = JSON.parse(encoder.event({ time, code: 'm', label: '' }))[0] as number;
    sum.naive += seconds;
    sum.exact += BigInt(Math.round(seconds * 1e6));
  }
  t.equal(sum.exact, BigInt(Math.round(time)), 'to the microsecond');
  t.ok(Math.abs(sum.naive * 1e6 - time) < 1, 'for a player that adds up floats, within one microsecond');
});

// the long run takes a million here, too
const BATCHES = process.env.CHAPERONE_LONG ? 1000 : 200;

t.test('events keep their times through v3, however many', async (t) => {
  const encoder = castEncoder(3);
  const reader = new CastReader();
  let time = 0;
  let wrong = 0;
  let seen = 0;
  [...reader.push(Buffer.from(encoder.header({ cols: 80, rows: 24 })))];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    let text = '';
    const times: number[] = [];
    for (let n = 0; n < 1000; n += 1) {
      time += (time * 7919 + 104_729) % 100_003;
      times.push(time);
      text += encoder.event({ time, code: 'o', data: 'x' });
    }
    let at = 0;
    for (const item of reader.push(Buffer.from(text))) {
      if (item.kind !== 'event' || item.event.time !== times[at++]) wrong += 1;
      seen += 1;
    }
  }
  t.equal(wrong, 0);
  t.equal(seen, BATCHES * 1000);
});

t.test('a time that steps back is written as no pause at all', async (t) => {
  const events: Event[] = [
    { time: 5_000_000, code: 'o', data: 'a' },
    { time: 4_000_000, code: 'o', data: 'b' },
    { time: 6_000_000, code: 'o', data: 'c' },
  ];
  for (const version of [2, 3] as const) {
    const times = decode(encode(version, { cols: 80, rows: 24 }, events)).events.map((event) => event.time);
    t.strictSame(times, [5_000_000, 5_000_000, 6_000_000]);
    const written = [...writeCast(version, { cols: 80, rows: 24 }, events)]
      .slice(1)
      .map((line) => JSON.parse(line)[0]);
    t.strictSame(written, version === 2 ? [5, 5, 6] : [5, 0, 1]);
  }
});
