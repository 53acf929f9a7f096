/** A limit that is reached makes the line unknown: what was found up to there is judged, and nothing is passed over in silence. */
import t from 'tap';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { LIMITS } from '../../../sidecar/command/limits.ts';

const context = { cwd: '/home/agent/app', home: '/home/agent' };
const numbered = (count: number, unit: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => unit(n)).join(' ');

const sumOf = (line: string, what: 'touches' | 'requests' | 'hosts') =>
  analyse(line, context).commands.reduce((sum, command) => sum + command[what].length, 0);

function limited(line: string): string[] {
  return analyse(line, context)
    .unknown.filter(({ code }) => code === 'limit')
    .map(({ message }) => message);
}

t.test('what rules are asked of is bounded for the whole line, whichever command has it', async (t) => {
  const shapes = {
    touches: [`rm ${numbered(LIMITS.touches + 1, (n) => `a${n}`)}`, numbered(LIMITS.touches + 1, () => '>a')],
    requests: [`kubectl delete ns ${numbered(LIMITS.requests + 1, (n) => `a${n}`)}`],
    hosts: [`wget ${numbered(LIMITS.hosts + 1, (n) => `http://h${n}/`)}`],
  };
  for (const what of ['touches', 'requests', 'hosts'] as const)
    for (const line of shapes[what]) {
      t.equal(sumOf(line, what), LIMITS[what], line.slice(0, 20));
      t.ok(limited(line).includes(`more than ${LIMITS[what]} ${what}`), line.slice(0, 20));
    }
  const half = LIMITS.touches / 2 + 1;
  const twice = `rm ${numbered(half, (n) => `a${n}`)}; rm ${numbered(half, (n) => `b${n}`)}`;
  t.equal(sumOf(twice, 'touches'), LIMITS.touches);
  t.equal(limited(twice).length, 1);
});

t.test('up to the limit nothing is unknown', async (t) => {
  t.same(limited(`rm ${numbered(LIMITS.touches, (n) => `a${n}`)}`), []);
  t.same(limited(`a ${numbered(LIMITS.words - 1, () => 'b')}`), []);
});

t.test('the command that has too many words is looked at; what comes after it is unknown', async (t) => {
  const { commands, unknown } = analyse(`rm -rf / ${numbered(LIMITS.words, () => 'a')}; b`, context);
  t.match(commands, [{ program: 'rm', touches: [{ role: 'deletes', path: '/', recursive: true }] }]);
  t.equal(commands.length, 1);
  t.match(unknown.at(-1), { code: 'limit', message: `more than ${LIMITS.words} words` });
});
