/**
 * How much work a hostile text causes, told by how often each block of code runs (V8's precise coverage): the same on
 * every machine, however busy. The time it takes is for `npm run bench command`.
 */
import { Session } from 'node:inspector/promises';
import t from 'tap';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { HOSTILE_SHAPES } from '../../bench/hostile-shapes.ts';
import { dice, drawn, textOf } from './random-shape.ts';

t.setTimeout(600_000);

const context = { cwd: '/home/agent/app', home: '/home/agent' };
/** The heaviest shape that is linear takes two thirds of them. What takes the square of its length takes hundreds of millions. */
const MOST = 20_000_000;

const session = new Session();
session.connect();
t.teardown(() => session.disconnect());

/** Blocks of the analysis and of its parser that ran since the last call. */
async function steps(): Promise<number> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  let sum = 0;
  for (const { url, functions } of result) {
    if (!/\/(sidecar\/command|unbash)\//.test(url)) continue;
    for (const { ranges } of functions) for (const { count } of ranges) sum += count;
  }
  return sum;
}

t.test('no shape of 64 KiB takes more than a bounded number of steps', async (t) => {
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  await steps();
  for (const [name, line] of Object.entries(HOSTILE_SHAPES)) {
    analyse(line, context);
    const taken = await steps();
    t.ok(taken < MOST, `${name}: ${Math.round(taken / 1000)} thousand`);
  }
});

/** Drawn by their number: a shape that is found to be heavy is named by it, and belongs among the hostile ones. */
const DRAWN = Number(process.env.CHAPERONE_SHAPES ?? 500);

t.test(
  'nor does one that is drawn from pieces of syntax',
  { skip: !process.env.CHAPERONE_LONG && 'only with CHAPERONE_LONG' },
  async (t) => {
    await steps();
    for (let number = 1; number <= DRAWN; number++) {
      const shape = drawn(dice(number));
      analyse(textOf(shape), context);
      const taken = await steps();
      if (taken >= MOST) t.fail(`${number}: ${Math.round(taken / 1000)} thousand, ${JSON.stringify(shape)}`);
    }
    t.pass(`${DRAWN} shapes`);
  },
);
