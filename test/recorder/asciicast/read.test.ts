import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { type Item, readCast } from '../../../recorder/asciicast/read.ts';
import type { ChaperoneError } from '../../../recorder/errors.ts';
import { collect } from '../collect.ts';

const V2 = '{"version": 2, "width": 80, "height": 24}\n';
const V3 = '{"version": 3, "term": {"cols": 80, "rows": 24}}\n';

async function read(text: string | Uint8Array, maxLine?: number): Promise<Item[]> {
  return collect(readCast([Buffer.from(text)], maxLine === undefined ? {} : { maxLine }));
}

async function events(text: string): Promise<unknown[]> {
  return (await read(text)).slice(1).map((item) => (item.kind === 'event' ? item.event : item));
}

// The examples printed by the two specifications.
const SPEC_V2 = `{"version": 2, "width": 80, "height": 24, "timestamp": 1504467315, "title": "Demo", "env": {"TERM": "xterm-256color", "SHELL": "/bin/zsh"}}
[0.248848, "o", "\\u001b[1;31mHello \\u001b[32mWorld!\\u001b[0m\\n"]
[1.001376, "o", "That was ok\\rThis is better."]
[1.500000, "m", ""]
[2.143733, "o", "Now... "]
[4.050000, "r", "80x24"]
[6.541828, "o", "Bye!"]
`;
const SPEC_V3 = `{"version": 3, "term": {"cols": 80, "rows": 24, "type": "xterm-256color"}, "timestamp": 1504467315, "title": "Demo", "env": {"SHELL": "/bin/zsh"}}
# event stream follows the header
[0.248, "o", "\\u001b[1;31mHello \\u001b[32mWorld!\\u001b[0m\\n"]
[1.001, "o", "That was ok\\rThis is better."]
[3.500, "m", ""]
[0.143, "o", "Now... "]
# terminal window resized to 90 cols and 30 rows
[2.050, "r", "90x30"]
[1.541, "o", "Bye!"]
[0.887, "x", "0"]
`;
const SPEC_HEADER = {
  cols: 80,
  rows: 24,
  termType: 'xterm-256color',
  timestamp: 1_504_467_315,
  title: 'Demo',
  env: { SHELL: '/bin/zsh' },
};

t.test('the example of the v2 specification', async (t) => {
  t.strictSame((await read(SPEC_V2))[0], { kind: 'header', version: 2, header: SPEC_HEADER });
  t.strictSame(await events(SPEC_V2), [
    { time: 248_848, code: 'o', data: '\x1b[1;31mHello \x1b[32mWorld!\x1b[0m\n' },
    { time: 1_001_376, code: 'o', data: 'That was ok\rThis is better.' },
    { time: 1_500_000, code: 'm', label: '' },
    { time: 2_143_733, code: 'o', data: 'Now... ' },
    { time: 4_050_000, code: 'r', cols: 80, rows: 24 },
    { time: 6_541_828, code: 'o', data: 'Bye!' },
  ]);
});

t.test('the example of the v3 specification', async (t) => {
  t.strictSame((await read(SPEC_V3))[0], { kind: 'header', version: 3, header: SPEC_HEADER });
  t.strictSame(await events(SPEC_V3), [
    { time: 248_000, code: 'o', data: '\x1b[1;31mHello \x1b[32mWorld!\x1b[0m\n' },
    { time: 1_249_000, code: 'o', data: 'That was ok\rThis is better.' },
    { time: 4_749_000, code: 'm', label: '' },
    { time: 4_892_000, code: 'o', data: 'Now... ' },
    { time: 6_942_000, code: 'r', cols: 90, rows: 30 },
    { time: 8_483_000, code: 'o', data: 'Bye!' },
    { time: 9_370_000, code: 'x', status: 0 },
  ]);
});

t.test('the complete v3 header of the specification', async (t) => {
  const palette =
    '#151515:#ac4142:#7e8e50:#e5b567:#6c99bb:#9f4e85:#7dd6cf:#d0d0d0:#505050:#ac4142:#7e8e50:#e5b567:#6c99bb:#9f4e85:#7dd6cf:#f5f5f5';
  const theme = { fg: '#d0d0d0', bg: '#212121', palette };
  const fields = {
    version: 3,
    term: { cols: 80, rows: 24, type: 'xterm-256color', version: 'VTE(7802)', theme },
    timestamp: 1_509_091_818,
    idle_time_limit: 2,
    command: '/bin/bash',
    title: 'Demo',
    env: { SHELL: '/bin/bash' },
    tags: ['demo', 'tutorial', 'helix'],
    later: 'an attribute of a later revision',
  };
  t.strictSame(await read(`${JSON.stringify(fields)}\n`), [
    {
      kind: 'header',
      version: 3,
      header: {
        cols: 80,
        rows: 24,
        termType: 'xterm-256color',
        termVersion: 'VTE(7802)',
        theme,
        timestamp: 1_509_091_818,
        idleTimeLimit: 2,
        command: '/bin/bash',
        title: 'Demo',
        env: { SHELL: '/bin/bash' },
        tags: ['demo', 'tutorial', 'helix'],
      },
    },
  ]);
});

t.test('a last line cut anywhere is dropped and reported, what came before it stays', async (t) => {
  const whole = `${V3}[0.5, "o", "first"]\n[0.5, "o", "sec─nd"]`;
  const start = Buffer.from(whole.slice(0, whole.lastIndexOf('\n') + 1)).length;
  const bytes = Buffer.from(whole);
  for (let cut = start + 1; cut < bytes.length; cut += 1) {
    const items = await read(bytes.subarray(0, cut));
    t.strictSame(items.slice(1), [
      { kind: 'event', event: { time: 500_000, code: 'o', data: 'first' } },
      { kind: 'torn', line: 3, bytes: cut - start },
    ]);
  }
  t.equal((await read(bytes.subarray(0, start))).length, 2, 'cut at the end of a line: nothing is torn');
  t.equal((await read(bytes)).length, 3, 'only its line feed is missing: it is whole');
});

t.test('a malformed line that has its end is an error with its number', async (t) => {
  const bad = [
    'x',
    '{}',
    '[]',
    '[1, "o"]',
    '[1, "o", "a", "b"]',
    '["1", "o", "a"]',
    '[-1, "o", "a"]',
    '[1e300, "o", "a"]',
    '[null, "o", "a"]',
    '[1, 2, "a"]',
    '[1, "", "a"]',
    '[1, "o", 2]',
    '[1, "r", "80*24"]',
    '[1, "r", "80x"]',
    '[1, "r", "80x70000"]',
    '[1, "x", "zero"]',
    '[1, "m", null]',
    '[1, "o", "a"] [1, "o", "b"]',
  ];
  for (const head of [V2, V3]) {
    for (const line of bad) {
      const text = `${head}[0, "o", "a"]\n${line}\n[9, "o", "b"]\n`;
      await t.rejects(read(text), { code: 'CAST_INVALID', message: /^line 3: / }, line);
    }
  }
  await t.rejects(read(`${V2}# no comments in v2\n`), { code: 'CAST_INVALID', message: /^line 2: / });
});

t.test('times that add up beyond what can be counted are an error', async (t) => {
  const half = '[5e9, "o", "a"]\n';
  await t.rejects(read(V3 + half + half), { code: 'CAST_INVALID', message: /^line 3: / });
});

t.test('what is not an asciicast is refused', async (t) => {
  const bad = [
    '',
    '\n',
    'hello\n',
    '[]\n',
    'null\n',
    '{}\n',
    '{"version": 1, "width": 80, "height": 24, "stdout": []}\n',
    '{"version": "3", "term": {"cols": 80, "rows": 24}}\n',
    '{"version": 2, "width": 80}\n',
    '{"version": 2, "width": 80.5, "height": 24}\n',
    '{"version": 2, "width": 80, "height": 65536}\n',
    '{"version": 2, "width": 80, "height": -1}\n',
    '{"version": 3}\n',
    '{"version": 3, "term": {"cols": 80}}\n',
    '{"version": 3, "term": [80, 24]}\n',
    '{"version": 2, "width": 80, "height": 24, "title": 1}\n',
    '{"version": 2, "width": 80, "height": 24, "env": {"A": 1}}\n',
    '{"version": 2, "width": 80, "height": 24, "env": []}\n',
    '{"version": 2, "width": 80, "height": 24, "timestamp": "now"}\n',
    '{"version": 2, "width": 80, "height": 24, "idle_time_limit": -1}\n',
    '{"version": 3, "term": {"cols": 80, "rows": 24}, "tags": [1]}\n',
    '# comment first\n',
    '\x7fELF\x02\x01\x01\x00',
  ];
  for (const text of bad) await t.rejects(read(text), { code: 'CAST_INVALID' }, text);
});

t.test('an error never repeats what the line says', async (t) => {
  const error = await read(`${V2}[1, "i", "hunter2\n`).catch((error: unknown) => error);
  t.match(error, { code: 'CAST_INVALID' });
  t.notMatch(inspect(error), 'hunter2');
});

t.test('unknown codes are passed through if they are text, ignored if not', async (t) => {
  t.strictSame(await events(`${V2}[1, "subtitle", "hi"]\n[2, "z", {"a": 1}]\n[3, "o", "a"]\n`), [
    { time: 1_000_000, code: 'other', name: 'subtitle', data: 'hi' },
    { time: 3_000_000, code: 'o', data: 'a' },
  ]);
  t.strictSame(
    (await events(`${V3}[1, "z", {"a": 1}]\n[2, "o", "a"]\n`)).at(-1),
    { time: 3_000_000, code: 'o', data: 'a' },
    'the pause before an ignored event still counts',
  );
});

t.test('habits of other writers', async (t) => {
  const text =
    '\ufeff{"version": 2, "width": 0, "height": 0, "env": {"TERM": null, "SHELL": "/bin/sh"}, "title": null}\r\n\r\n[2, "o", "a"]\r\n[1, "x", 3]\r\n';
  t.strictSame(await read(text), [
    { kind: 'header', version: 2, header: { cols: 80, rows: 24, env: { SHELL: '/bin/sh' } } },
    { kind: 'event', event: { time: 2_000_000, code: 'o', data: 'a' } },
    { kind: 'event', event: { time: 2_000_000, code: 'x', status: 3 } },
  ]);
  const odd =
    '{"version": 2, "width": 80, "height": 24, "theme": {"fg": "red", "bg": "#000000", "palette": ""}}\n';
  t.strictSame(await read(odd), [{ kind: 'header', version: 2, header: { cols: 80, rows: 24 } }]);
});

t.test('a line beyond the limit is an error before it is held', async (t) => {
  const long = `[1, "o", "${'a'.repeat(200)}"]`;
  await t.rejects(read(`${V2}${long}\n`, 100), { code: 'CAST_INVALID', message: /^line 2: / });
  t.equal((await read(`${V2}${long}\n`, long.length)).length, 2, 'at the limit');

  let pulled = 0;
  function* endless(): Generator<Uint8Array> {
    yield Buffer.from(V2);
    for (;;) {
      pulled += 1;
      yield Buffer.alloc(1000, 'a');
    }
  }
  await t.rejects(collect(readCast(endless(), { maxLine: 10_000 })), { code: 'CAST_INVALID' });
  t.ok(pulled <= 11, `${pulled} chunks of 1000 bytes were taken`);
});

t.test('names like __proto__ are only names', async (t) => {
  const [first] = await read(
    '{"version": 2, "width": 80, "height": 24, "env": {"__proto__": "x", "A": "b"}}\n',
  );
  t.equal(first?.kind, 'header');
  if (first?.kind !== 'header') return;
  t.strictSame(Object.entries(first.header.env ?? {}), [
    ['__proto__', 'x'],
    ['A', 'b'],
  ]);
  t.equal(Object.getPrototypeOf(first.header.env), Object.prototype);
});

t.test('whatever the bytes, there are events or one CAST_INVALID', async (t) => {
  const pieces = fc.oneof(
    fc.constantFrom(
      V2,
      V3,
      '[1, "o", "a"]\n',
      '[',
      ']',
      '"',
      '\n',
      '# c\n',
      '[1e999,"o",""]\n',
      '[0,"r","1x1"]\n',
      '\\u',
      '{}',
    ),
    fc.string({ maxLength: 5 }),
  );
  const property = fc.asyncProperty(
    fc.array(pieces, { maxLength: 8 }),
    fc.uint8Array({ maxLength: 6 }),
    async (parts, noise) => {
      const bytes = Buffer.concat([Buffer.from(parts.join('')), noise]);
      const outcome = await read(bytes).catch((error: unknown) => error);
      if (Array.isArray(outcome)) assert.equal(outcome[0]?.kind, 'header');
      else assert.equal((outcome as ChaperoneError).code, 'CAST_INVALID');
    },
  );
  await fc.assert(property, { seed: 3, numRuns: 1000 });
  t.pass('1000 inputs');
});

t.test('nesting without end is refused, not followed', async (t) => {
  for (const text of ['['.repeat(1_000_000), '{"a":'.repeat(300_000)]) {
    await t.rejects(read(`${text}\n`), { code: 'CAST_INVALID' });
    await t.rejects(read(`${V3}${text}\n`), { code: 'CAST_INVALID' });
  }
  const deep = '['.repeat(300_000) + ']'.repeat(300_000);
  t.equal((await read(`${V2}[1, "zz", ${deep}]\n`)).length, 1, 'ignored where its code is not known');
});
