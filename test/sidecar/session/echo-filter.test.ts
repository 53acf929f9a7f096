/** Which typed keys count as shown. */
import fc from 'fast-check';
import t from 'tap';
import { EchoFilter } from '../../../sidecar/session/echo-filter.ts';

const keys = (text: string) => Buffer.from(text);

/** What a terminal in the kernel's line mode shows for a line, in any pieces. */
t.test('echoed lines come out whole, others as their Enter, however the echo is cut', async (t) => {
  const line = fc.record({
    text: fc.string({ minLength: 2, maxLength: 20 }).filter((text) => !/[\x00-\x1f\x7f-\x9f]/.test(text)),
    echo: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), fc.integer({ min: 1, max: 7 }), (lines, step) => {
      const filter = new EchoFilter();
      let out = '';
      for (const { text, echo } of lines) {
        filter.typed(keys(`${text}\r`));
        const echoed = keys(echo ? `\x1b[1m${text}\x1b[0m\r\n` : '\r\n');
        for (let at = 0; at < echoed.length; at += step) out += filter.shown(echoed.subarray(at, at + step));
      }
      return out === lines.map(({ text, echo }) => (echo ? `${text}\r` : '\r')).join('');
    }),
    { seed: 7, numRuns: 300 },
  );
  t.pass('300 runs, seed 7');
});

t.test('cases', async (t) => {
  const run = (steps: [typed: string, shown: string][]) => {
    const filter = new EchoFilter();
    return steps.map(([typed, shown]) => {
      filter.typed(keys(typed));
      return filter.shown(keys(shown));
    });
  };
  t.same(
    run([
      ['ab\x7fc', 'ab\b \bc'],
      ['\r', '\r\n'],
    ]),
    ['', 'ab\x7fc\r'],
    'an edit',
  );
  t.same(
    run([
      ['ec\t', 'echo '],
      ['x\r', 'x\r\n'],
    ]),
    ['', 'ec\tx\r'],
    'a completion',
  );
  t.same(
    run([
      ['\x1b[A', 'ls -l'],
      ['\r', '\r\n'],
    ]),
    ['', '\x1b[A\r'],
    'the last command again',
  );
  t.same(
    run([
      ['hunter2', ''],
      ['\r', '\r\nhunter2\r\n'],
    ]),
    ['', '\r'],
    'shown later is not an echo',
  );
  t.same(
    run([
      ['h', 'h'],
      ['unter2\r', '*******\r\n'],
    ]),
    ['', '\r'],
    'a part that is not shown hides the line',
  );
  t.same(run([['\x1bx\r', '\r\n']]), ['\r'], 'an Alt key is text');
  t.same(
    run([
      ['dd', ''],
      [':w\r', ':w\r\n'],
    ]),
    ['', '\r'],
    'an editor in command mode',
  );
  const filter = new EchoFilter();
  filter.typed(keys('x'.repeat(1 << 20)));
  filter.typed(keys('\r'));
  t.equal(filter.shown(keys(`${'x'.repeat(1 << 20)}\r\n`)), '\r', 'a line without end is not kept');
});
