import t from 'tap';
import { AlisDecoder } from '../../../player/deck/alis.ts';
import { AlisEncoder, MAGIC } from '../../../recorder/server/alis.ts';

function decoder(): AlisDecoder {
  const decoder = new AlisDecoder();
  decoder.decode(buffer(MAGIC));
  return decoder;
}

function buffer(bytes: ArrayLike<number>): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

t.test('bytes as the protocol has them', async (t) => {
  const decode = decoder();
  const reset = [0x01, 0x07, 0xc0, 0x84, 0x3d, 80, 24, 0, 3, 0x61, 0xc3, 0xa9];
  t.same(decode.decode(buffer(reset)), { kind: 'reset', time: 1, cols: 80, rows: 24, init: 'aé' });
  t.same(decode.decode(buffer([0x6f, 8, 0xa0, 0xc2, 0x1e, 2, 0x68, 0x69])), {
    kind: 'output',
    time: 1.5,
    text: 'hi',
  });
  t.same(decode.decode(buffer([0x72, 9, 0, 132, 1, 43])), { kind: 'resize', time: 1.5, cols: 132, rows: 43 });
  t.same(decode.decode(buffer([0x6d, 10, 0, 1, 0x6d])), { kind: 'marker', time: 1.5, label: 'm' });
  t.same(decode.decode(buffer([0x78, 11, 0, 126])), { kind: 'exit', time: 1.5, status: 126 });
  t.same(decode.decode(buffer([0x04, 0])), { kind: 'end' });
  t.same(decode.decode(buffer([0x7a, 12, 0])), { kind: 'other' });
});

t.test('what the recorder encodes comes back, over any stretch of time', async (t) => {
  const decode = decoder();
  const encoder = new AlisEncoder();
  t.same(decode.decode(buffer(encoder.reset({ cols: 100, rows: 40 }))), {
    kind: 'reset',
    time: 0,
    cols: 100,
    rows: 40,
    init: '',
  });
  const times = [0, 1, 127, 128, 2 ** 31, 2 ** 32, 2 ** 45, 2 ** 45 + 1];
  for (const time of times) {
    const data = `\ufeff─${time}`;
    t.same(decode.decode(buffer(encoder.event({ time, code: 'o', data }))), {
      kind: 'output',
      time: time / 1e6,
      text: data,
    });
  }
});

t.test('a theme is passed over', async (t) => {
  const theme = new Array<number>(30).fill(7);
  const frame = decoder().decode(buffer([0x01, 0, 0, 80, 24, 8, ...theme, 1, 0x61]));
  t.same(frame, { kind: 'reset', time: 0, cols: 80, rows: 24, init: 'a' });
});

t.test('what is cut short or too large is refused, never guessed', async (t) => {
  t.throws(() => new AlisDecoder().decode(buffer([1, 2, 3])), { name: 'StreamError' });
  const whole = [0x6f, 1, 5, 3, 0x61, 0x62, 0x63];
  for (let length = 0; length < whole.length; length++) {
    t.throws(
      () => decoder().decode(buffer(whole.slice(0, length))),
      { name: 'StreamError' },
      `${length} bytes`,
    );
  }
  t.throws(() => decoder().decode(buffer([0x6f, 1, ...new Array<number>(12).fill(0xff), 1])), {
    name: 'StreamError',
  });
});
