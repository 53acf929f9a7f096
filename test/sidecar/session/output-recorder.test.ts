/** Record, then forward: order, bounds, failure. The journal here is the test's, to be slow or to fail when told. */
import fc from 'fast-check';
import t from 'tap';
import type { Draft } from '../../../recorder/audit/event.ts';
import { newVault } from '../../../sidecar/mask/new-vault.ts';
import { OutputRecorder } from '../../../sidecar/session/output-recorder.ts';

interface Bench {
  recorder: OutputRecorder;
  /** Sizes of the stored events, in order. */
  stored: Buffer[];
  forwarded: Buffer[];
  throttles: boolean[];
  failures: unknown[];
  drafts: Draft[];
}

function bench(append: () => Promise<void>, forward: () => Promise<void> = async () => undefined): Bench {
  let now = 0;
  const [stored, forwarded, throttles, failures, drafts]: [
    Buffer[],
    Buffer[],
    boolean[],
    unknown[],
    Draft[],
  ] = [[], [], [], [], []];
  const recorder = new OutputRecorder({
    journal: {
      append: async (_, batch) => {
        await append();
        for (const draft of batch) {
          drafts.push(draft);
          if (draft.body.type === 'session.output') stored.push(Buffer.from(draft.body.content));
        }
      },
    },
    session: 'test',
    clock: { now: () => ++now },
    forward: async (bytes) => {
      if (
        !Buffer.concat(stored)
          .subarray(0, Buffer.concat([...forwarded, bytes]).length)
          .equals(Buffer.concat([...forwarded, bytes]))
      ) {
        failures.push('forwarded before it was stored');
      }
      forwarded.push(Buffer.from(bytes));
      await forward();
    },
    throttle: (stop) => throttles.push(stop),
    failed: (error) => failures.push(error),
  });
  return { recorder, stored, forwarded, throttles, failures, drafts };
}

const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

t.test('everything arrives in order, whatever the sizes, and is stored first', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 12 }), async (sizes) => {
      const { recorder, stored, forwarded, failures, drafts } = bench(soon);
      const reused = Buffer.alloc(200_000);
      const expected: Buffer[] = [];
      for (const [i, size] of sizes.entries()) {
        reused.fill(i + 65);
        recorder.push(reused.subarray(0, size));
        expected.push(Buffer.alloc(size, i + 65));
        if (i % 3 === 0) await soon();
      }
      await recorder.settled();
      const all = Buffer.concat(expected);
      const times = drafts.map(({ at }) => at);
      return (
        Buffer.concat(stored).equals(all) &&
        Buffer.concat(forwarded).equals(all) &&
        failures.length === 0 &&
        stored.every(({ length }) => length <= 65536 && length > 0) &&
        times.every((at, i) => i === 0 || at >= times[i - 1]!)
      );
    }),
    { seed: 3, numRuns: 60 },
  );
  t.pass('60 runs, seed 3');
});

t.test('the first bytes after a pause go at once, the next ones together', async (t) => {
  const { recorder, stored } = bench(async () => undefined);
  recorder.push(Buffer.from('a'));
  await soon();
  t.equal(stored.length, 1);
  for (const key of 'bcdef') recorder.push(Buffer.from(key));
  await recorder.settled();
  t.equal(Buffer.concat(stored).toString(), 'abcdef');
  // Two events; three where this machine took a pause in between.
  t.ok(stored.length <= 3, `${stored.length} events`);
});

t.test('a journal that is slow stops the source, and holds no more than it must', async (t) => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { recorder, throttles, forwarded } = bench(() => gate);
  const piece = Buffer.alloc(100_000);
  let pushed = 0;
  while (throttles.length === 0) {
    recorder.push(piece);
    pushed += piece.length;
    if (pushed > 3_000_000) break;
  }
  t.same(throttles, [true]);
  t.ok(pushed < 1_300_000, `stopped after ${pushed}`);
  release();
  await recorder.settled();
  t.same(throttles, [true, false]);
  t.equal(Buffer.concat(forwarded).length, pushed);
});

t.test('where many are slow at once, each holds little; whoever is alone again has much', async (t) => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const many = Array.from({ length: 100 }, () => bench(() => gate));
  const piece = Buffer.alloc(10_000);
  const fill = ({ recorder, throttles }: Bench) => {
    let pushed = 0;
    for (; throttles.at(-1) !== true && pushed < 3_000_000; pushed += piece.length) recorder.push(piece);
    return pushed;
  };
  for (const { recorder } of many) recorder.push(piece);
  const all = many.map(fill);
  t.ok(Math.max(...all) < 250_000, `one held ${Math.max(...all)}`);
  release();
  await Promise.all(many.map(({ recorder }) => recorder.settled()));
  t.ok(many.every(({ throttles }) => throttles.at(-1) === false));
  t.ok(many.every(({ forwarded }, i) => Buffer.concat(forwarded).length === all[i]! + piece.length));
  const alone = bench(() => new Promise(() => {}));
  t.ok(fill(alone) > 1_000_000);
});

t.test('a receiver that is slow stops the source, too', async (t) => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { recorder, throttles } = bench(
    async () => undefined,
    () => gate,
  );
  for (let i = 0; i < 12; i++) recorder.push(Buffer.alloc(100_000));
  t.same(throttles, [true]);
  release();
  await recorder.settled();
  t.same(throttles, [true, false]);
});

t.test('after a failure nothing is forwarded, it is told once, and the source may run out', async (t) => {
  let appends = 0;
  const { recorder, forwarded, failures, throttles } = bench(async () => {
    appends += 1;
    if (appends > 1) throw new Error('full');
  });
  recorder.push(Buffer.from('stored'));
  await recorder.settled();
  for (let i = 0; i < 12; i++) recorder.push(Buffer.alloc(100_000));
  await recorder.settled();
  recorder.push(Buffer.from('late'));
  await recorder.settled();
  t.same(forwarded.map(String), ['stored']);
  t.equal(failures.length, 1);
  t.same(throttles, [true, false]);
});

t.test('memory is used again only when its bytes are stored and shown', async (t) => {
  const shown: Buffer[] = [];
  const memory = new Set<ArrayBufferLike>();
  let chunks = 0;
  const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 2));
  const recorder = new OutputRecorder({
    journal: { append: slow },
    session: 'test',
    clock: { now: () => 1 },
    forward: async (bytes) => {
      chunks += 1;
      memory.add(bytes.buffer);
      await slow();
      shown.push(Buffer.from(bytes));
    },
    throttle: () => undefined,
    failed: (error) => t.error(error),
  });
  const expected: Buffer[] = [];
  for (let i = 0; i < 2000; i++) {
    const read = Buffer.alloc(4095, i % 251);
    expected.push(read);
    recorder.push(read);
    if (i % 50 === 0) await slow();
  }
  await recorder.settled();
  t.ok(Buffer.concat(shown).equals(Buffer.concat(expected)));
  t.ok(memory.size < chunks, `${chunks} chunks in ${memory.size} buffers`);
});

t.test('what is stored and what is shown may differ; what is held back comes after a silence', async (t) => {
  const vault = newVault();
  vault.learn([Buffer.from('kept-from-record')], { record: true, agent: false, minLength: 8 });
  vault.learn([Buffer.from('kept-from-everybody')], { record: true, agent: true, minLength: 8 });
  const [stored, shown]: [Buffer[], Buffer[]] = [[], []];
  const recorder = new OutputRecorder({
    journal: {
      append: async (_, drafts) => {
        await soon();
        for (const { body } of drafts)
          if (body.type === 'session.output') stored.push(Buffer.from(body.content));
      },
    },
    session: 'test',
    clock: { now: () => 1 },
    mask: vault.stream(),
    forward: (bytes) => {
      shown.push(Buffer.from(bytes));
      t.ok(Buffer.concat(shown).length <= Buffer.concat(stored).length, 'stored before it is shown');
    },
    throttle: () => undefined,
    failed: (error) => t.fail(String(error)),
  });
  const said = (pieces: Buffer[]) => Buffer.concat(pieces).toString();
  for (const piece of ['a kept-fr', 'om-record b kept-from-every', 'body c kept-f'])
    recorder.push(Buffer.from(piece));
  await recorder.passed();
  t.equal(said(stored), `a ${'*'.repeat(16)} b ${'*'.repeat(19)} c `);
  t.equal(said(shown), `a kept-from-record b ${'*'.repeat(19)} c `);
  while (!said(shown).endsWith('kept-f')) await soon();
  recorder.push(Buffer.from('rom-record, kep'));
  await recorder.settled();
  t.equal(said(stored), `a ${'*'.repeat(16)} b ${'*'.repeat(19)} c kept-f${'*'.repeat(10)}, kep`);
  t.equal(said(shown), `a kept-from-record b ${'*'.repeat(19)} c kept-from-record, kep`);
});
