/** Memory of chunks and frames goes round, and never to two at once. */
import t from 'tap';
import { giveBack, recycled } from '../../sidecar/recycled.ts';

const LARGE = 1 << 18;

t.test('what was given back is used again, and nothing else is', async (t) => {
  const [one, other] = [recycled(LARGE), recycled(LARGE + 14)];
  t.same([one.length, other.length], [LARGE, LARGE + 14]);
  t.not(one.buffer, other.buffer);
  giveBack(one);
  const again = recycled(LARGE - 1);
  t.equal(again.buffer, one.buffer);
  t.equal(again.length, LARGE - 1);
  t.not(recycled(LARGE).buffer, one.buffer);
});

t.test('each size has memory of its own', async (t) => {
  const event = recycled(1 << 16);
  giveBack(event);
  t.not(recycled(LARGE).buffer, event.buffer);
  t.equal(recycled((1 << 16) + 14).buffer, event.buffer);
});

t.test('what small buffers share is never taken for memory of ours', async (t) => {
  const small = Buffer.allocUnsafe(16);
  giveBack(small);
  t.not(recycled(1 << 16).buffer, small.buffer);
});

t.test('small and huge frames are left alone, and what is kept is bounded', async (t) => {
  for (const length of [0, 5, 32_000, 1 << 20]) {
    const frame = recycled(length);
    t.equal(frame.length, length);
    giveBack(frame);
    t.not(recycled(LARGE).buffer, frame.buffer);
  }
  const many = Array.from({ length: 100 }, () => recycled(LARGE));
  for (const frame of many) giveBack(frame);
  const kept = new Set(Array.from({ length: 100 }, () => recycled(LARGE).buffer));
  t.equal(kept.size, 100);
  t.equal(many.filter((frame) => kept.has(frame.buffer)).length, 16);
});
