/** Memory of large frames goes round, and never to two at once. */
import t from 'tap';
import { frameBuffer, giveBack } from '../../../../sidecar/kube/wire/recycled.ts';

const LARGE = 1 << 18;

t.test('what was given back is used again, and nothing else is', async (t) => {
  const [one, other] = [frameBuffer(LARGE), frameBuffer(LARGE + 14)];
  t.same([one.length, other.length], [LARGE, LARGE + 14]);
  t.not(one.buffer, other.buffer);
  giveBack(one);
  const again = frameBuffer(LARGE - 1);
  t.equal(again.buffer, one.buffer);
  t.equal(again.length, LARGE - 1);
  t.not(frameBuffer(LARGE).buffer, one.buffer);
});

t.test('small and huge frames are left alone, and what is kept is bounded', async (t) => {
  for (const length of [0, 5, 32_000, 1 << 20]) {
    const frame = frameBuffer(length);
    t.equal(frame.length, length);
    giveBack(frame);
    t.not(frameBuffer(LARGE).buffer, frame.buffer);
  }
  const many = Array.from({ length: 100 }, () => frameBuffer(LARGE));
  for (const frame of many) giveBack(frame);
  const kept = new Set(Array.from({ length: 100 }, () => frameBuffer(LARGE).buffer));
  t.equal(kept.size, 100);
  t.equal(many.filter((frame) => kept.has(frame.buffer)).length, 8);
});
