/** A script is cut only where a shell has read all of a statement. */
import fc from 'fast-check';
import t from 'tap';
import { splitStatements } from '../../../sidecar/command/statements.ts';

const COMPLETE: Record<string, string[]> = {
  'one\n': ['one\n'],
  'one\ntwo\n': ['one\n', 'two\n'],
  'one; two\nthree\n': ['one; two\n', 'three\n'],
  '# a comment\none\n\n# more\n': ['# a comment\none\n\n# more\n'],
  'cat <<E\nrm x\nE\nls\n': ['cat <<E\nrm x\nE\n', 'ls\n'],
  'cat <<A <<B\n1\nA\n2\nB\n': ['cat <<A <<B\n1\nA\n2\nB\n'],
  'if a; then\n  b\nfi\nc\n': ['if a; then\n  b\nfi\n', 'c\n'],
  'f() {\n  a\n}; b\nc\n': ['f() {\n  a\n}; b\n', 'c\n'],
  "echo 'a\nb'\nc\n": ["echo 'a\nb'\n", 'c\n'],
  'echo a \\\n  b\nc\n': ['echo a \\\n  b\n', 'c\n'],
  'a &&\n  b\nc\n': ['a &&\n  b\n', 'c\n'],
  'x=$(\n a\n)\nb\n': ['x=$(\n a\n)\n', 'b\n'],
  'a & b &\nc\n': ['a & b &\n', 'c\n'],
  '\n\n': ['\n\n'],
};

const WAITING: Record<string, string> = {
  one: 'one',
  'cat <<E\nrm x\n': 'cat <<E\nrm x\n',
  'cat <<A <<B\n1\nA\n2\n': 'cat <<A <<B\n1\nA\n2\n',
  "cat <<-'E'\n\tx\n": "cat <<-'E'\n\tx\n",
  'if a; then\n  b\n': 'if a; then\n  b\n',
  'a &&\n': 'a &&\n',
  'a |\n': 'a |\n',
  'a \\\n': 'a \\\n',
  'f()\n': 'f()\n',
  "echo 'x\n": "echo 'x\n",
  'echo "x\n': 'echo "x\n',
  'x=$(\n': 'x=$(\n',
  'case x in\n': 'case x in\n',
  '{ a\n': '{ a\n',
};

t.test('complete statements, and what shares their lines', async (t) => {
  for (const [text, complete] of Object.entries(COMPLETE))
    t.same(splitStatements(text), { complete, rest: '' }, JSON.stringify(text));
});

t.test('what waits for more stays, and what stands before it goes', async (t) => {
  for (const [text, rest] of Object.entries(WAITING)) {
    t.same(splitStatements(text), { complete: [], rest }, JSON.stringify(text));
    t.same(
      splitStatements(`ls\ncd /\n${text}`),
      { complete: ['ls\n', 'cd /\n'], rest },
      JSON.stringify(text),
    );
  }
});

t.test('nothing is lost, and what is cut off stays complete, whatever the text', async () => {
  const piece = fc.constantFrom(
    ...Object.keys(COMPLETE),
    ...Object.keys(WAITING),
    '(',
    ')',
    "'",
    '"',
    '`',
    '\n',
    '\\',
    '<<E\n',
    'E\n',
    '\u0000',
    'é',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join('');
      const { complete, rest } = splitStatements(text);
      if ([...complete, rest].join('') !== text) return false;
      return complete.every((statement) => splitStatements(statement).rest === '');
    }),
    { seed: 20261122, numRuns: 500 },
  );
});

t.test('nesting that no parser survives waits', async (t) => {
  const deep = `${'$('.repeat(50_000)}\n`;
  t.equal(splitStatements(deep).rest, deep);
});
