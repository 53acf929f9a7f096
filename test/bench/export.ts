/** How fast a session leaves in each format, is searched, and a cast is read: MB of terminal output a second. */
import { readCast } from '../../recorder/asciicast/read.ts';
import { type ExportFormat, exportSession, FORMATS } from '../../recorder/export/format.ts';
import { searchOutput } from '../../recorder/export/search.ts';
import type { SessionSummary, StoredEvent } from '../../recorder/log/ports.ts';
import type { Row } from './row.ts';

const TOTAL = 200_000_000;

const SUMMARY: SessionSummary = {
  id: '01JZ0000000000000000000000',
  state: 'ended',
  startedAt: 0,
  lastAt: 0,
  identity: { user: 'bench', groups: [], proof: 'claimed' },
  host: 'bench',
  command: ['bench'],
  cwd: '/',
  terminal: { cols: 100, rows: 30, term: 'xterm-256color' },
  events: 0,
  outputBytes: TOTAL,
  commands: 0,
  requests: 0,
  refused: 0,
  unjudged: 0,
};

const CORPORA: Record<string, (line: number) => string> = {
  seq: (line) => `${1_000_000 + line}\r\n`,
  log: (line) =>
    `\x1b[32m2026-05-01T10:00:${String(line % 60).padStart(2, '0')}Z\x1b[0m INFO worker[${line % 31}]: request "GET /v1/items/${line}" took ${line % 977} ms\r\n`,
};

/** TOTAL bytes of output in events of `size` bytes, a millisecond apart. */
function* session(corpus: (line: number) => string, size: number): Generator<StoredEvent> {
  const text = Buffer.from(Array.from({ length: 40_000 }, (_, line) => corpus(line)).join(''));
  for (let sent = 0, seq = 0; sent < TOTAL; sent += size, seq += 1) {
    const from = sent % (text.length - size);
    const content = text.subarray(from, from + size);
    const body = { type: 'session.output', content: { bytes: size, hash: '' } } as const;
    yield { event: { v: 1, session: SUMMARY.id, seq, at: seq * 1000, body }, content };
  }
}

async function rate(work: AsyncIterable<unknown> | Iterable<unknown>): Promise<number> {
  const started = performance.now();
  for await (const _ of work) {
    // only the making of it is measured
  }
  return TOTAL / 1000 / (performance.now() - started);
}

/** The least that any writer of JSON on this runtime has to do. */
function* bareJson(events: Iterable<StoredEvent>): Generator<string> {
  for (const { content } of events) yield JSON.stringify((content as Buffer).toString('utf8'));
}

export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, corpus] of Object.entries(CORPORA)) {
    for (const size of [512, 8192]) {
      const what = `${name}, events of ${size} bytes`;
      const bare = await rate(bareJson(session(corpus, size)));
      for (const format of Object.keys(FORMATS) as ExportFormat[]) {
        const value = await rate(exportSession(format, SUMMARY, session(corpus, size)));
        const goal = format === 'v3' || format === 'v2' ? { target: '≥ 100 MB/s', ok: value >= 100 } : {};
        rows.push({
          name: `export ${format} (${what}; × JSON.stringify)`,
          value,
          unit: 'MB/s',
          ratio: value / bare,
          ...goal,
        });
      }
      const searched = await rate(searchOutput(SUMMARY, session(corpus, size), 'not in there'));
      rows.push({ name: `search (${what})`, value: searched, unit: 'MB/s' });
      const cast: Buffer[] = [];
      for await (const text of exportSession('v3', SUMMARY, session(corpus, size)))
        cast.push(Buffer.from(text));
      rows.push({ name: `read v3 (${what})`, value: await rate(readCast(cast)), unit: 'MB/s' });
    }
  }
  return rows;
}
