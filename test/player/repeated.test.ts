import t from 'tap';
import { Repeated } from '../../player/repeated.ts';

/** A task that ends when the test says so. */
function byHand() {
  const runs: { signal: AbortSignal; done: () => void; fail: () => void }[] = [];
  const begun: (() => void)[] = [];
  const task = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      runs.push({ signal, done: resolve, fail: () => reject(new Error('gone')) });
      begun.shift()?.();
    });
  /** Resolves when the next run begins. */
  const next = () => new Promise<void>((resolve) => begun.push(resolve));
  return { runs, task, next };
}

t.test('news never break off a run, and a flood of them is one more run', async (t) => {
  const { runs, task, next } = byHand();
  const repeated = new Repeated(task, { rest: 1, retry: 1, onError: () => {} });
  repeated.ask();
  for (let news = 0; news < 1000; news++) repeated.ask();
  t.equal(runs.length, 1);
  t.notOk(runs[0]!.signal.aborted);
  const second = next();
  runs[0]!.done();
  await second;
  t.equal(runs.length, 2);
  const third = next();
  runs[1]!.done();
  repeated.ask();
  await third;
  t.equal(runs.length, 3, 'what is asked while it rests is not forgotten');
  repeated.stop();
});

t.test('a failure is told, and tried again by itself', async (t) => {
  const { runs, task, next } = byHand();
  const errors: string[] = [];
  const repeated = new Repeated(task, { rest: 1, retry: 1, onError: ({ message }) => errors.push(message) });
  repeated.ask();
  const second = next();
  runs[0]!.fail();
  await second;
  t.same(errors, ['gone']);
  repeated.stop();
  t.ok(runs[1]!.signal.aborted);
  runs[1]!.fail();
  await new Promise((resolve) => setImmediate(resolve));
  t.same(errors, ['gone'], 'what was stopped is no failure');
});
