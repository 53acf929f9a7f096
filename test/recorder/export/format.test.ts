import t from 'tap';
import {
  type ExportFormat,
  exportSession,
  FORMATS,
  isExportFormat,
} from '../../../recorder/export/format.ts';
import type { SessionSummary, StoredEvent } from '../../../recorder/log/ports.ts';
import { collect } from '../collect.ts';
import { DECISION, decided, eventsOf, pipedSummary, summaryOf } from './session.ts';

async function text(
  format: ExportFormat,
  events: StoredEvent[],
  summary: SessionSummary = summaryOf(),
): Promise<string> {
  return (await collect(exportSession(format, summary, events))).join('');
}

t.test('the table of formats', async (t) => {
  t.strictSame(
    Object.entries(FORMATS).map(([name, { extension, mediaType }]) => [name, extension, mediaType]),
    [
      ['v3', 'cast', 'application/x-asciicast'],
      ['v2', 'cast', 'application/x-asciicast'],
      ['txt', 'txt', 'text/plain; charset=utf-8'],
      ['json', 'jsonl', 'application/jsonl'],
    ],
  );
  t.ok(isExportFormat('txt'));
  for (const name of ['', 'v1', 'constructor', '__proto__']) t.notOk(isExportFormat(name), name);
});

t.test('plain text: what a person read, with what is missing said in brackets', async (t) => {
  const events = eventsOf([
    [1, '\x1b[32m$\x1b[0m ma'],
    [2, 'ke\r\n 10%\r 100%\r\n'],
    [3, decided('make', 'allowed')],
    [4, Buffer.from('caf\u00e9').subarray(0, 4)],
    [5, Buffer.from('caf\u00e9').subarray(4)],
    [6, null],
    [7, { type: 'gap', reason: 'restarted', from: 6 }],
    [8, 'more'],
    [9, { type: 'session.end', reason: 'exited', status: 0 }],
  ]);
  t.equal(
    await text('txt', events),
    '$ make\n 100%\ncaf\u00e9\n[output removed by retention: 7 bytes]\n[gap: restarted]\nmore\n',
  );
  t.equal(await text('txt', eventsOf([[1, 'a\nb\n']]), pipedSummary()), 'a\nb\n');
  t.equal(await text('txt', []), '');
});

t.test('plain text follows the width of the terminal', async (t) => {
  const events = eventsOf([
    [1, { type: 'session.resize', cols: 10, rows: 5 }],
    [2, '0123456789 \rabc\r\n'],
  ]);
  t.equal(await text('txt', events), '0123456789abc\n');
});

t.test('JSON lines: the events as they are, bytes in base64', async (t) => {
  const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
  const events = eventsOf([
    [1, bytes],
    [2, null],
    [3, decided('rm -rf /', 'refused')],
  ]);
  const lines = (await text('json', events)).split('\n');
  t.equal(lines.pop(), '');
  const parsed = lines.map((line) => JSON.parse(line));
  t.strictSame(
    parsed.map(({ content: _, ...event }) => event),
    events.map(({ event }) => event),
  );
  t.strictSame(new Uint8Array(Buffer.from(parsed[0].content, 'base64')), bytes);
  t.equal(parsed[1].content, null, 'removed');
  t.notOk('content' in parsed[2], 'never had any');
  t.strictSame(parsed[2].body.decision, DECISION.refused);
});

t.test('comes in pieces of some 64 KB, read no sooner than they are taken', async (t) => {
  for (const format of ['v3', 'v2', 'txt', 'json'] as const) {
    let read = 0;
    function* events(): Generator<StoredEvent> {
      for (let n = 0; n < 400; n += 1) {
        read += 1;
        yield* eventsOf([[n, `${'x'.repeat(1022)}\r\n`]]);
      }
    }
    const pieces = exportSession(format, summaryOf(), events());
    const first = await pieces.next();
    t.ok(read < 70, `${format}: ${read} events were read for the first piece`);
    const sizes = [first.value!, ...(await collect(pieces))].map((piece) => piece.length);
    t.ok(
      sizes.slice(0, -1).every((size) => size >= 65_536 && size < 70_000),
      `${format}: ${sizes.join(' ')}`,
    );
  }
});

t.test('leaving early closes the source', async (t) => {
  let closed = false;
  async function* events(): AsyncGenerator<StoredEvent> {
    try {
      for (let n = 0; ; n += 1) yield* eventsOf([[n, 'x'.repeat(50_000)]]);
    } finally {
      closed = true;
    }
  }
  for await (const _ of exportSession('v3', summaryOf(), events())) break;
  t.ok(closed);
});

t.test('an error of the source reaches the reader', async (t) => {
  async function* events(): AsyncGenerator<StoredEvent> {
    yield* eventsOf([[1, 'x']]);
    throw new Error('disk');
  }
  await t.rejects(collect(exportSession('txt', summaryOf(), events())), { message: 'disk' });
});
