/** What feeds what: pipelines, and who runs whose output. */
import t from 'tap';
import { look } from './look.ts';

t.test('pipelines and who runs whose output', async (t) => {
  const pipelines = look('a | b; c').commands.map(({ pipeline: { place, length } }) => `${place}/${length}`);
  t.strictSame(pipelines, ['0/2', '1/2', '0/1']);
  const runs = (line: string) =>
    look(line)
      .commands.filter(({ outputRunBy }) => outputRunBy.length > 0)
      .map(({ program, outputRunBy }) => `${program}→${outputRunBy}`);
  t.strictSame(runs('a | b | sh'), ['a→sh', 'b→sh']);
  t.strictSame(runs('a; b | sh'), ['b→sh']);
  t.strictSame(runs('a | (b; c) | sh'), ['a→sh', 'b→sh', 'c→sh']);
  t.strictSame(runs('x=$(a); y=$x; bash -c "$y"'), ['a→bash']);
  t.strictSame(runs('a | tee >(sh) | b'), ['a→sh', 'tee→sh']);
  t.strictSame(runs('a | python3 -c "b"'), []);
  t.strictSame(runs('a | sh -c "b"'), []);
});
