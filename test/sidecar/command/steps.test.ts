/**
 * How much work a hostile text causes, told by how often each block of code runs (V8's precise coverage): the same on
 * every machine, however busy. The time it takes is for `npm run bench command`.
 */
import { Session } from 'node:inspector/promises';
import t from 'tap';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { HOSTILE_SHAPES } from '../../bench/hostile-shapes.ts';

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
