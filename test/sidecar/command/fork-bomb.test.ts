/** Fork bombs by structure. */
import t from 'tap';
import { look } from './look.ts';

t.test('fork bombs by structure only', async (t) => {
  const bombs = (line: string) =>
    look(line).commands.some(({ capabilities }) => capabilities.includes('fork-bomb'));
  for (const line of [
    ':(){ :|:& };:',
    'f() { f | f; }',
    'a() { b & b; }; b() { a; }',
    'f() { while :; do f & done; }',
  ])
    t.ok(bombs(line), line);
  for (const line of [
    'f() { f; }',
    'f() { f & }',
    'f() { if a; then f | f; fi; }',
    'f() { a | b; }',
    'f() { [ $1 ] && f | f; }',
    'a() { b | b; }; b() { c; }',
  ]) {
    t.notOk(bombs(line), line);
  }
});
