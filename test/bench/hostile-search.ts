/**
 * `node test/bench/hostile-search.ts [SECONDS] [SEED]`: searches for lines of full length that take long to understand and to
 * decide on, at random and by climbing from the slowest so far. By the time of the processor, so that others on the
 * machine do not count. Prints the slowest; what is over the limit belongs among the hostile shapes.
 */
import { changed, dice, drawn, type Shape, textOf } from '../sidecar/command/random-shape.ts';
import { decidedOn } from './command.ts';

const [seconds = '60', seed = '1'] = process.argv.slice(2);
const KEPT = 16;
const roll = dice(Number(seed));
const slowest: { shape: Shape; ms: number }[] = [];

function cost(text: string): number {
  const before = process.cpuUsage();
  decidedOn(text);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The least of a few, where the first is worth another look: compilers and collectors take their time too. */
function measured(shape: Shape): number {
  const text = textOf(shape);
  let least = cost(text);
  for (let more = 0; more < 4 && least > (slowest.at(-1)?.ms ?? 0); more++)
    least = Math.min(least, cost(text));
  return least;
}

for (let warm = 0; warm < 40; warm++) decidedOn(textOf(drawn(roll)));
const until = performance.now() + Number(seconds) * 1000;
let tried = 0;
while (performance.now() < until) {
  const from = slowest.length === 0 || roll(3) === 0 ? null : slowest[roll(slowest.length)]!.shape;
  const shape = from === null ? drawn(roll) : changed(from, roll);
  const ms = measured(shape);
  tried++;
  if (slowest.length === KEPT && ms <= slowest.at(-1)!.ms) continue;
  // One family must not push all others out.
  const family = slowest.findIndex((other) => other.shape.unit.some((one) => shape.unit.includes(one)));
  if (family >= 0 && slowest.length === KEPT && slowest[family]!.ms >= ms) continue;
  if (family >= 0 && slowest.length === KEPT) slowest.splice(family, 1);
  slowest.push({ shape, ms });
  slowest.sort((a, b) => b.ms - a.ms);
  slowest.length = Math.min(slowest.length, KEPT);
}
process.stdout.write(`${tried} shapes\n`);
for (const { shape, ms } of slowest)
  process.stdout.write(`${ms.toFixed(1).padStart(7)} ms  ${JSON.stringify(shape)}\n`);
