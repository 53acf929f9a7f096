import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import {
  type Context,
  commit,
  extend,
  groupedBack,
  packAlone,
  packGrouped,
  unpack,
} from '../../../recorder/store/content.ts';

const salt = Buffer.alloc(16, 7);

/** Packs pieces as the log does, and unpacks them again in order. */
function roundTrip(pieces: Uint8Array[]): { back: number; same: boolean }[] {
  let writing: Context | null = null;
  let reading: Context | null = null;
  return pieces.map((bytes, seq) => {
    const { value, context } = packGrouped({ salt, bytes, seq }, writing);
    writing = context;
    const back = groupedBack(value);
    const got = unpack(value, commit(salt, bytes), reading);
    reading = extend(back === 0 ? null : reading, { bytes, seq });
    return { back, same: got?.equals(bytes) === true };
  });
}

t.test('any sequence of pieces comes back as it was', async () => {
  const text = fc.string({ maxLength: 3000 }).map((s) => Buffer.from(s));
  const large = fc.uint8Array({ minLength: 60_000, maxLength: 70_000 });
  const piece = fc.oneof(
    { weight: 9, arbitrary: text },
    { weight: 1, arbitrary: large },
    { weight: 3, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => roundTrip(pieces).every(({ same }) => same)),
    { seed: 1, numRuns: 60 },
  );
});

t.test('what repeats is kept in little space, in groups that end', async (t) => {
  const lines = Array.from({ length: 700 }, (_, i) =>
    Buffer.from(`[${i}] compiling module ${i % 50} with all warnings enabled\r\n`.repeat(12)),
  );
  const result = roundTrip(lines);
  t.ok(result.every(({ same }) => same));
  const starts = result.filter(({ back }) => back === 0).length;
  t.ok(starts >= 2 && starts < 10, `${starts} groups`);
  const context = extend(null, { bytes: lines[0]!, seq: 0 });
  t.ok(packGrouped({ salt, bytes: lines[1]!, seq: 1 }, context).value.length < 120);
});

t.test('a history that looks like a trained dictionary is none', async (t) => {
  const magic = Buffer.concat([Buffer.from('37a430ec', 'hex'), randomBytes(64)]);
  const result = roundTrip([magic, Buffer.from('hello hello hello hello hello hello'), magic]);
  t.ok(result.every(({ same }) => same));
  t.ok(result[1]!.back === 1);
});

t.test('any bit altered is noticed', async (t) => {
  const first = Buffer.from('make: entering directory /srv/build\r\n'.repeat(4));
  const context = extend(null, { bytes: first, seq: 0 });
  const bytes = Buffer.from('make: leaving directory /srv/build, 12 errors\r\n');
  for (const value of [
    packAlone({ salt, bytes: first }),
    packGrouped({ salt, bytes, seq: 1 }, context).value,
    packAlone({ salt, bytes: Buffer.from('x') }),
  ]) {
    const ref = commit(salt, value.length < 30 ? Buffer.from('x') : groupedBack(value) ? bytes : first);
    t.not(unpack(value, ref, context), null);
    for (let bit = 0; bit < value.length * 8; bit++) {
      value[bit >> 3]! ^= 1 << (bit & 7);
      if (unpack(value, ref, context) !== null) t.fail(`bit ${bit}`);
      value[bit >> 3]! ^= 1 << (bit & 7);
    }
  }
});

t.test('hostile values: noise, cut, inflating to more than promised', async (t) => {
  const bomb = packAlone({ salt, bytes: Buffer.alloc(3 << 20) });
  t.ok(bomb.length < 1000);
  t.equal(unpack(bomb, { bytes: 10, hash: 'x' }, null), null);
  for (let size = 0; size < 60; size++)
    t.equal(unpack(randomBytes(size), { bytes: 10, hash: 'x' }, null), null);
  t.equal(groupedBack(Buffer.alloc(3)), 0);
});
