// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines for a shell
/** What is known of variables at one place of a script. */
import t from 'tap';
import { found } from './look.ts';

t.test('variables whose value the line itself settles', async (t) => {
  const cases: [line: string, last: string][] = [
    ['a=1; x $a', 'x 1'],
    ['a="b c"; x $a', 'x b c'],
    ['a="b c"; x "$a"', 'x b c'],
    ['a=1 b=$a; x $b', 'x 1'],
    ['export a=1; x $a', 'x 1'],
    ['x $PWD', 'x /w'],
    ['cd y; x $PWD', 'x /w/y'],
    ['a=1; { a=2; }; x $a', 'x 2'],
    ['a=1; (a=2); x $a', 'x 1'],
    ['a=1; a=2 true; x $a', 'x 1'],
    ['a=1; a=2 | b; x $a', 'x 1'],
    ['a=1; a=2 & x $a', 'x 1'],
    ['a=1; if b; then a=2; fi; x $a', 'x ?'],
    ['a=1; b && a=2 && x $a', 'x 2'],
    ['a=1; b && a=2; x $a', 'x ?'],
    ['a=1; b || a=2; x $a', 'x ?'],
    ['a=1; while b; do x $a; a=2; done', 'x ?'],
    ['a=1; for a in b; do :; done; x $a', 'x ?'],
    ['a=1; read a; x $a', 'x ?'],
    ['a=1; unset a; x $a', 'x ?'],
    ['a=1; printf -v a b; x $a', 'x ?'],
    ['a=1; f() { a=2; }; x $a', 'x ?'],
    ['a=1; a+=2; x $a', 'x ?'],
    ['a=(1 2); x $a', 'x ?'],
    ['a=$(b); x $a', 'x ?'],
    ["a=1; bash -c 'x $a'", 'bash>x ?'],
    ["a=1 bash -c 'x $a'", 'bash>x 1'],
    ["a=1; eval 'x $a'", 'eval>x 1'],
    ["HOME=/ bash -c 'x ~'", 'bash>x /'],
    [': ${a:=1}; x $a', 'x ?'],
  ];
  for (const [line, last] of cases) t.ok(found(line).includes(last), `${line}: ${found(line).join(' · ')}`);
});
