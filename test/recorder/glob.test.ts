/** Globs: what each sign stands for, and that two of them overlap exactly where some text matches both. */
import fc from 'fast-check';
import t from 'tap';
import { glob, matches, overlap } from '../../recorder/glob.ts';

const SEED = 20261122;

t.test('what each sign stands for', async (t) => {
  const table: [pattern: string, text: string, matches: boolean][] = [
    ['', '', true],
    ['', 'a', false],
    ['abc', 'abc', true],
    ['*', '', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abbcd', false],
    ['*.ts', 'x.test.ts', true],
    ['?', '😀', true],
    ['??', '😀', false],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[^a-c]x', 'dx', true],
    ['[]a]', ']', true],
    ['[a-]', '-', true],
    ['[!-a]', '-', false],
    ['[c-a]', 'b', false],
    ['[é-🙂]', '😀', true],
    ['[a-cb-ez]', 'd', true],
    ['[a-cb-ez]', 'y', false],
    ['[ab', '[ab', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['a\\', 'a\\', true],
  ];
  for (const [pattern, text, expected] of table)
    t.equal(matches(glob(pattern), text), expected, `${pattern} ${text}`);
  t.equal(glob('a\\*b').literal, 'a*b');
  t.equal(glob('a*b').literal, null);
});

const signs = fc.array(fc.constantFrom('a', 'b', '*', '?', '[ab]', '[!a]', '\\*'), { maxLength: 6 });

/** All texts of up to four characters, of which each sign above tells some from others. */
const SHORT = [0, 1, 2, 3, 4].flatMap(texts);

function texts(length: number): string[] {
  if (length === 0) return [''];
  return texts(length - 1).flatMap((text) => ['a', 'b', 'c', '*'].map((char) => text + char));
}

t.test('property: it matches what the same pattern matches as a regular expression', async () => {
  const meanings: Record<string, string> = { '*': '.*', '?': '.', '[!a]': '[^a]' };
  fc.assert(
    fc.property(signs, fc.constantFrom(...SHORT), (pattern, text) => {
      const expression = new RegExp(`^${pattern.map((sign) => meanings[sign] ?? sign).join('')}$`);
      return matches(glob(pattern.join('')), text) === expression.test(text);
    }),
    { seed: SEED, numRuns: 3000 },
  );
});

t.test('property: two overlap exactly where some text matches both', async () => {
  fc.assert(
    fc.property(signs, signs, (one, other) => {
      // What both match is no longer than all that is not a star.
      fc.pre([...one, ...other].filter((sign) => sign !== '*').length <= 4);
      const [a, b] = [glob(one.join('')), glob(other.join(''))];
      const meet = SHORT.some((text) => matches(a, text) && matches(b, text));
      return overlap(a, b) === meet && overlap(b, a) === meet;
    }),
    { seed: SEED, numRuns: 2000 },
  );
});
