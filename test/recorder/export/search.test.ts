import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { MAX_LINE } from '../../../recorder/export/line.ts';
import { MAX_QUERY, type Match, type SearchOptions, searchOutput } from '../../../recorder/export/search.ts';
import { wellFormed } from '../asciicast/properties.ts';
import { collect } from '../collect.ts';
import { decided, eventsOf, type Step, summaryOf } from './session.ts';

async function search(steps: readonly Step[], query: string, options?: SearchOptions): Promise<Match[]> {
  return collect(searchOutput(summaryOf(), eventsOf(steps), query, options));
}

/** What the offsets of a match cut out. */
function found({ line, matches }: Match): string[] {
  return matches.map(({ from, to }) => line.slice(from, to));
}

t.test('finds what a person read, in any case, with the time and place', async (t) => {
  const steps: Step[] = [
    [1_000, 'first line\r\nan \x1b[1mERR'],
    [2_000, 'or\x1b[0m and an error\r'],
    [3_000, '\nlast'],
    [4_000, decided('error', 'allowed')],
    [5_000, ' Error'],
  ];
  t.strictSame(await search(steps, 'error'), [
    {
      at: 2_000,
      line: 'an ERRor and an error',
      matches: [
        { from: 3, to: 8 },
        { from: 16, to: 21 },
      ],
    },
    { at: 5_000, line: 'last Error', matches: [{ from: 5, to: 10 }] },
  ]);
  t.strictSame(await search(steps, 'absent'), []);
});

t.test('input is not output', async (t) => {
  const events = eventsOf([[1, 'typed secret']], 'session.input');
  t.strictSame(await collect(searchOutput(summaryOf(), events, 'secret')), []);
});

t.test('a query is text, not a pattern', async (t) => {
  const odd = 'a.b*c[d](e)|^$?+{1}\\/-';
  const [match] = await search([[1, `xx ${odd.toUpperCase()} axb\n`]], odd);
  t.strictSame(match && found(match), [odd.toUpperCase()]);
  t.strictSame(await search([[1, 'axb\n']], 'a.b'), []);
});

t.test('letters whose other case has another length keep the offsets', async (t) => {
  const [match] = await search([[1, 'İİİ ﬁle ÄRGER\n']], 'ärger');
  t.strictSame(match && found(match), ['ÄRGER']);
});

t.test('a long line is clipped around its first match', async (t) => {
  const line = `${'a'.repeat(5000)}needle${'b'.repeat(100)}needle${'c'.repeat(5000)}needle`;
  const [match] = await search([[1, line]], 'NEEDLE', { snippet: 200 });
  t.equal(match?.line.length, 200);
  t.strictSame(match && found(match), ['needle', 'needle']);
  const [atEnd] = await search([[1, `${'a'.repeat(500)}needle`]], 'needle', { snippet: 20 });
  t.strictSame(atEnd, { at: 1, line: `${'a'.repeat(14)}needle`, matches: [{ from: 14, to: 20 }] });
});

t.test('a match in a line too long to be held is found where the line is parted, once', async (t) => {
  for (let shift = 0; shift <= 7; shift += 1) {
    const line = `${'-'.repeat(MAX_LINE - shift)}needle${'-'.repeat(MAX_LINE)}\n`;
    const matches = await search(
      [
        [1, line],
        [2, 'needle'],
      ],
      'needle',
    );
    t.strictSame(matches.map(found), [['needle'], ['needle']], `${shift} before the part's end`);
  }
});

t.test('stops at the limit, and reads no further than it must', async (t) => {
  let read = 0;
  function* events() {
    for (const event of eventsOf(Array.from({ length: 50 }, (_, n): Step => [n, 'hit\n'.repeat(10)]))) {
      read += 1;
      yield event;
    }
  }
  const matches = await collect(searchOutput(summaryOf(), events(), 'hit', { limit: 25 }));
  t.equal(matches.length, 25);
  t.ok(read <= 3, `${read} events read`);
  t.equal((await search([[1, 'hit\n'.repeat(500)]], 'hit')).length, 200, 'by default');
});

t.test('a query that says nothing, or too much, is refused', async (t) => {
  for (const query of ['', '  ', 'x'.repeat(MAX_QUERY + 1)]) {
    await t.rejects(search([[1, 'x']], query), { code: 'USAGE' });
  }
  t.equal((await search([[1, 'x'.repeat(MAX_QUERY)]], 'x'.repeat(MAX_QUERY))).length, 1);
});

t.test('offsets always cut out the query, in a snippet that is not too long', async (t) => {
  const query = fc.string({
    minLength: 1,
    maxLength: 5,
    unit: fc.constantFrom('a', 'B', '.', ' ', 'é', '\u{1f600}'),
  });
  const property = fc.asyncProperty(
    query.filter((text) => text.trim() !== ''),
    fc.array(fc.oneof(query, wellFormed), { maxLength: 20 }),
    fc.integer({ min: 1, max: 40 }),
    async (query, parts, snippet) => {
      const output = parts.join('').replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '');
      const matches = await search([[1, output]], query, { snippet });
      assert.equal(matches.length > 0, new RegExp(query.replaceAll('.', '\\.'), 'iu').test(output));
      for (const match of matches) {
        assert.ok(match.matches.length > 0);
        assert.ok(match.line.length <= Math.max(snippet, 2 * query.length));
        assert.ok(output.includes(match.line) && match.line.isWellFormed());
        for (const text of found(match)) assert.equal(text.toLowerCase(), query.toLowerCase());
      }
    },
  );
  await fc.assert(property, { seed: 11, numRuns: 500 });
  t.pass('500 searches');
});
