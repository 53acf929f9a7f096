/** Path globs of rules against touched paths: told apart at once or row by row, the answer is that of trying everything. */
import fc from 'fast-check';
import t from 'tap';
import { glob, overlap } from '../../../recorder/glob.ts';
import type { Touch } from '../../../sidecar/action.ts';
import { compilePath, touches } from '../../../sidecar/match/path-pattern.ts';
import { MAYBE, NO, YES } from '../../../sidecar/match/tri.ts';

const SEED = 20261122;

function answer(
  path: string,
  pattern: string,
  more: Partial<Touch> & { home?: string; allows?: boolean } = {},
) {
  const { home, allows = false, ...rest } = more;
  const touch: Touch = { role: 'writes', path, recursive: false, certain: true, ...rest };
  const condition = { role: 'writes' as const, patterns: [compilePath(pattern)], recursive: false };
  return touches({ touches: [touch] }, condition, home, allows);
}

t.test('what stands where', async (t) => {
  t.equal(answer('/etc/passwd', '/etc/passwd'), YES);
  t.equal(answer('/etc', '/etc/passwd'), NO);
  t.equal(answer('/etc', '/etc/passwd', { recursive: true }), YES, 'with everything below it');
  t.equal(answer('/etc', '/etc/passwd', { recursive: true, allows: true }), NO, 'not what it does not name');
  t.equal(answer('/etc', '/etc/**'), YES);
  t.equal(answer('/etc/a/b', '/etc/*'), NO);
  t.equal(answer('/', '/'), YES);
  t.equal(answer('/**', '/etc', { certain: false }), MAYBE);
  t.equal(answer('/*', '/etc', { allows: true }), MAYBE, 'a glob may become something else');
  t.equal(answer('/home/a/.ssh/id', '~/.ssh/*', { home: '/home/a' }), YES);
  t.equal(answer('/home/b/.ssh/id', '~/.ssh/*', { home: '/home/a' }), NO);
  t.equal(answer('/home/b/.ssh/id', '~/.ssh/*', { home: '/home/b' }), YES, 'asked for another home');
  for (const path of ['/home/b/.ssh/id', '/root/.ssh/id', '/**/.ssh/id', '/**'])
    t.equal(answer(path, '~/.ssh/*'), MAYBE, 'whose home is not known has a usual one');
  for (const path of ['/home', '/', '/home/b/.ssh', '/root'])
    t.equal(answer(path, '~/.ssh/*', { recursive: true }), MAYBE, 'with everything below it');
  for (const path of ['/tmp/f', '/app', '/home/b/work'])
    t.equal(answer(path, '~/.ssh/*', { recursive: true }), NO, 'and no other');
  t.equal(answer('/tmp', '~/**', { recursive: true, allows: true }), MAYBE, 'but nothing is allowed by that');
  t.equal(answer('/home/b/x', '~/**', { allows: true }), NO);
});

const segments = fc.array(fc.constantFrom('a', 'b', 'a*', '?', '*', '**'), { maxLength: 5 });

/** By trying everything; `above` where the path may end over the rule's. */
function reached(path: readonly string[], rule: readonly string[], above: boolean): boolean {
  const [here, ...below] = path;
  const [there, ...rest] = rule;
  if (here === undefined) return above || rule.every((segment) => segment === '**');
  if (here === '**' && reached(below, rule, above)) return true;
  if (there === undefined) return false;
  if (there === '**' && (reached(path, rest, above) || reached(below, rule, above))) return true;
  if (here === '**' && reached(path, rest, above)) return true;
  if (here === '**' || there === '**') return false;
  return overlap(glob(here), glob(there)) && reached(below, rest, above);
}

t.test('property: what is told at once is what trying everything tells', async () => {
  fc.assert(
    fc.property(segments, segments, fc.boolean(), (path, rule, recursive) => {
      // Of a path of which nothing is known the answer is always MAYBE.
      if (path.join() === '**') return true;
      const hit = answer(`/${path.join('/')}`, `/${rule.join('/')}`, { recursive }) !== NO;
      return hit === reached(path, rule, recursive);
    }),
    { seed: SEED, numRuns: 5000 },
  );
});
