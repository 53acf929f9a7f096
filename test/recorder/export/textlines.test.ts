import assert from 'node:assert/strict';
import xterm from '@xterm/headless';
import fc from 'fast-check';
import t from 'tap';
import { MAX_LINE } from '../../../recorder/export/line.ts';
import { type TextLine, TextLines } from '../../../recorder/export/textlines.ts';
import { holds } from '../asciicast/properties.ts';

function linesOf(pieces: readonly string[], cols?: number): TextLine[] {
  const lines = new TextLines(cols);
  return [...pieces.flatMap((piece, n) => lines.write(piece, n)), ...lines.end()];
}

function textOf(output: string, cols?: number): string[] {
  return linesOf([output], cols).map((line) => line.text);
}

/** The lines that a real terminal emulator shows for it, wrapped rows joined. */
async function shownBy(cols: number, output: string): Promise<string[]> {
  const terminal = new xterm.Terminal({ cols, rows: 20, scrollback: 200, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(output, resolve));
  const buffer = terminal.buffer.normal;
  const shown: string[] = [];
  for (let y = 0; y < buffer.length; y += 1) {
    const row = buffer.getLine(y)!;
    const next = buffer.getLine(y + 1);
    const text = row.translateToString(next?.isWrapped !== true);
    if (row.isWrapped) shown[shown.length - 1] += text;
    else shown.push(text);
  }
  terminal.dispose();
  return shown;
}

/** Blanks at the end of a line, and empty lines at the end, cannot be seen. */
function visible(lines: readonly string[]): string {
  return lines
    .map((line) => line.replace(/ +$/, ''))
    .join('\n')
    .replace(/\n+$/, '');
}

// no emoji: this emulator takes them for narrow (Unicode 6), where those of today are wide
const word = fc.oneof(
  fc.constantFrom('a', 'ls -l', 'x'.repeat(12), ' ', '│─', 'é', '漢字', 'e\u0301', '"quoted"'),
  fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom('b', 'c', '1', '2', ' ') }),
);
const ascii = fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom('a', 'b', 'c', '1', '2', '-') });
const invisible = fc.constantFrom(
  '\x1b[1;31m',
  '\x1b[0m',
  '\x1b]0;a title\x07',
  '\x1b]8;;https://example.com\x1b\\',
  '\x1b[?25l',
  '\x1b[?2004h',
  '\x1b(B',
  '\x1b=',
  '\x1bP1;2|data\x1b\\',
  '\x07',
  '\x1b[38:2::1:2:3m',
  '\x1b[31\x18',
);
const parameter = fc.constantFrom('', '0', '1', '2', '3', '7', '40');
const inRow = fc
  .tuple(parameter, fc.constantFrom('C', 'D', 'G', 'P', '@', 'X'))
  .map(([count, final]) => `\x1b[${count}${final}`);
const erasing = fc.constantFrom('\x1b[K', '\x1b[0K', '\x1b[1K', '\x1b[2K', '\x1b[J');
const moving = fc
  .tuple(parameter, fc.constantFrom('C', 'D', 'G'))
  .map(([count, final]) => `\x1b[${count}${final}`);

t.test('edits within a row: the text is what a terminal emulator shows', async (t) => {
  const step = fc.oneof(
    { weight: 6, arbitrary: ascii },
    invisible,
    inRow,
    erasing,
    fc.constantFrom('\r', '\b', '\b\b\b', '\r\n', '\t'),
  );
  const property = fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
    const output = steps.join('').slice(0, 700);
    const shown = (await shownBy(1000, output)).join('\n');
    // a tab that nothing was edited around stays a tab
    const text = textOf(output, 1000).map(expandTabs);
    assert.equal(visible(text), visible([shown]), JSON.stringify(output));
  });
  await fc.assert(property, { seed: 7, numRuns: 250 });
  t.pass('250 outputs');
});

function expandTabs(line: string): string {
  return line.replace(/([^\t]*)\t/g, (_, before: string) => before + ' '.repeat(8 - (before.length % 8)));
}

t.test('lines longer than the screen: overwritten and moved in as on a terminal', async (t) => {
  const step = fc.oneof(
    { weight: 6, arbitrary: ascii },
    invisible,
    moving,
    fc.constantFrom('\r', '\b', ' \r', '\r\n'),
  );
  const property = fc.asyncProperty(
    fc.integer({ min: 5, max: 30 }),
    fc.array(step, { maxLength: 12 }),
    async (cols, steps) => {
      const output = steps.join('');
      assert.equal(
        visible(textOf(output, cols)),
        visible(await shownBy(cols, output)),
        JSON.stringify({ cols, output }),
      );
    },
  );
  await fc.assert(property, { seed: 8, numRuns: 250 });
  t.pass('250 outputs');
});

t.test('wide and combining characters keep their places', async (t) => {
  const step = fc.oneof({ weight: 4, arbitrary: word }, fc.constantFrom('\r', '\r\n', '\b\b', '\x1b[K'));
  const property = fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
    const output = steps.join('');
    assert.equal(visible(textOf(output, 500)), visible(await shownBy(500, output)), JSON.stringify(output));
  });
  await fc.assert(property, { seed: 9, numRuns: 200 });
  t.pass('200 outputs');
});

t.test('how the output is cut makes no difference', async (t) => {
  const step = fc.oneof(
    word,
    invisible,
    inRow,
    erasing,
    fc.constantFrom('\r', '\b', '\r\n', '\t', '\x1b[A', '\x1b[3;4H'),
  );
  const property = fc.property(
    fc.array(step, { maxLength: 30 }),
    fc.infiniteStream(fc.integer({ min: 1, max: 4 })),
    (steps, sizes) => {
      const output = steps.join('');
      const characters = Array.from(output);
      const pieces: string[] = [];
      while (characters.length > 0) pieces.push(characters.splice(0, sizes.next().value!).join(''));
      const texts = (lines: TextLine[]) => lines.map((line) => line.text);
      assert.deepStrictEqual(texts(linesOf(pieces, 20)), texts(linesOf([output], 20)));
    },
  );
  holds(t, property, 500);
});

t.test('what is left of controls', async (t) => {
  const cases: [string, string[]][] = [
    ['plain\r\n', ['plain']],
    ['a\n\nb', ['a', '', 'b']],
    ['\x1b[1;32mgreen\x1b[0m text', ['green text']],
    ['\x1b]0;title\x07prompt$ ', ['prompt$ ']],
    ['\x1b]0;title\x1b\\prompt$ ', ['prompt$ ']],
    ['\u009b31mred\u009cx\u009d0;t\u009cy', ['redxy']],
    ['\x1bPq#0;2;0;0;0\x07still inside\x1b\\out', ['out']],
    ['\x1b_hidden\x1b\\\x1b^too\x1b\\shown', ['shown']],
    ['\x1b(0qqq\x1b(B', ['qqq']],
    ['a\x1b[3\n1mb', ['a', 'b']],
    ['a\x1b[99;99\x1bEb', ['a', 'b']],
    ['a\x7fb\x00c', ['abc']],
    ['10%\r50%\r100%\n', ['100%']],
    ['long line\rshort\x1b[K\n', ['short']],
    ['long line\rshort\n', ['shortline']],
    ['ehco\b\b\bcho hi', ['echo hi']],
    ['a\tb\n', ['a\tb']],
    ['one\x1b[2;1Htwo\x1b[10dthree', ['one', 'two', 'three']],
    ['\x1b[H\x1b[2J\x1b[5;5Hstatus', ['status']],
    ['before\x1b[?1049hvim\x1b[?1049lafter', ['before', 'vim', 'after']],
    ['% \r \r\x1b[J$ ', ['$ ']],
    [`\x1b[${'1;'.repeat(5000)}mstill`, ['still']],
    ['', []],
  ];
  for (const [output, text] of cases)
    t.strictSame(textOf(output, 80), text, JSON.stringify(output.slice(0, 40)));
});

t.test('the way readline shows a command line that is longer than the screen', async (t) => {
  // at the right margin it prints the next character and returns, to make the terminal wrap
  const prompt = '$ ';
  const command = 'kubectl get pods --all-namespaces';
  const first = (prompt + command).slice(0, 20);
  const rest = (prompt + command).slice(20);
  t.strictSame(textOf(`${first} \r${rest}\r\n`, 20), [prompt + command]);
  t.strictSame(textOf(`${first} \r${rest}\r\x1b[A\x1b[2C\x1b[Pk\r\n`, 20).length, 1, 'and goes up in it');
});

t.test('rows that a shorter command line left blank are no part of it', async (t) => {
  t.strictSame(textOf('0123456789abc\r   \x1b[A\r\nnext', 10), ['0123456789', 'next']);
  t.strictSame(textOf('0123456789abc\r   \x1b[A\r\x1b[Bnext', 10), ['0123456789', 'next']);
  t.strictSame(
    textOf('0123456789abc\x1b[A\r\nX', 10),
    ['0123456789Xbc'],
    'but one that is not blank is gone to',
  );
});

t.test('a change of size takes effect where it happens', async (t) => {
  const lines = new TextLines(10);
  lines.write('0123456789ab', 0);
  lines.resize(40);
  t.strictSame(
    [...lines.write('cd\rX', 1), ...lines.end()].map((line) => line.text),
    ['X123456789abcd'],
  );
});

t.test('a line carries the time of its last character, not of its end', async (t) => {
  t.strictSame(linesOf(['a', 'b', '\r', '\n', '\n', 'c']), [
    { text: 'ab', at: 1, continues: false },
    { text: '', at: 4, continues: false },
    { text: 'c', at: 5, continues: false },
  ]);
});

t.test('a line without an end is given out in parts, and no character is cut', async (t) => {
  const long = `a${'\u{1f600}'.repeat(3 * MAX_LINE)}`;
  for (const start of ['', 'x\r']) {
    const lines = linesOf([start, long, '\nnext'], 80);
    t.equal(
      lines
        .slice(0, -1)
        .map((line) => line.text)
        .join(''),
      long,
    );
    t.ok(lines.every((line) => line.text.length <= 4 * MAX_LINE && line.text.isWellFormed()));
    t.strictSame(
      lines.slice(-3).map((line) => line.continues),
      [true, false, false],
    );
  }
});

t.test('a program cannot make it hold much', async (t) => {
  const lines = new TextLines();
  let longest = 0;
  for (const hostile of [
    '\x1b]0;',
    '\x1b[1',
    'x',
    '\r\x1b[16000Cy',
    '\x1b[9999999999999999@',
    '\x1b[9999999B',
    '\t',
    'e\u0301',
  ]) {
    for (let n = 0; n < 50; n += 1) {
      for (const line of lines.write(hostile.repeat(100), n)) longest = Math.max(longest, line.text.length);
    }
    lines.write('\x18\x1b\\', 0);
  }
  for (const line of lines.end()) longest = Math.max(longest, line.text.length);
  t.ok(longest <= 4 * MAX_LINE, `the longest line has ${longest} units`);
});

t.test('what combines without end does not grow its cell without end', async (t) => {
  const lines = new TextLines(80);
  lines.write('ab\rx', 0);
  for (let piece = 0; piece < 20; piece += 1) lines.write('\u0301'.repeat(10_000), 0);
  const [line] = lines.end();
  t.match(line?.text, /^x\u0301+b$/u);
  t.ok((line?.text.length ?? 0) < 100);
});
