import t from 'tap';
import type { Version } from '../../../recorder/asciicast/cast.ts';
import { CastReader } from '../../../recorder/asciicast/read.ts';
import { castHeader } from '../../../recorder/export/asciicast.ts';
import { exportSession } from '../../../recorder/export/format.ts';
import type { SessionSummary, StoredEvent } from '../../../recorder/log/ports.ts';
import { collect } from '../collect.ts';
import { decided, eventsOf, pipedSummary, summaryOf } from './session.ts';

async function cast(version: Version, summary: SessionSummary, events: StoredEvent[]): Promise<unknown[]> {
  const reader = new CastReader();
  const items = [];
  for await (const text of exportSession(`v${version}`, summary, events))
    items.push(...reader.push(Buffer.from(text)));
  items.push(...reader.end());
  return items.slice(1).map((item) => (item.kind === 'event' ? item.event : item));
}

t.test('the header says what was run, when, and in what terminal', async (t) => {
  t.strictSame(castHeader(summaryOf({ command: ['bash', '-c', 'echo "a b"\necho c'] })), {
    cols: 100,
    rows: 30,
    timestamp: 1_800_000_000,
    termType: 'xterm-256color',
    duration: 9_000_001,
    command: `bash -c 'echo "a b"\necho c'`,
    title: `bash -c 'echo "a b" echo c'`,
  });
  t.strictSame(castHeader({ ...pipedSummary(), state: 'live', command: [] }), {
    cols: 80,
    rows: 24,
    timestamp: 1_800_000_000,
  });
  const unsized = castHeader(summaryOf({ terminal: { cols: 0, rows: 0, term: '' } }));
  t.match(unsized, { cols: 80, rows: 24, termType: undefined });
});

t.test('the header line of each version', async (t) => {
  const first = async (format: 'v2' | 'v3') => {
    const { value } = await exportSession(format, summaryOf(), []).next();
    return JSON.parse(String(value));
  };
  t.strictSame(await first('v3'), {
    version: 3,
    term: { cols: 100, rows: 30, type: 'xterm-256color' },
    timestamp: 1_800_000_000,
    command: 'bash -i',
    title: 'bash -i',
  });
  t.strictSame(await first('v2'), {
    version: 2,
    width: 100,
    height: 30,
    timestamp: 1_800_000_000,
    duration: 9.000001,
    command: 'bash -i',
    title: 'bash -i',
    env: { TERM: 'xterm-256color' },
  });
});

for (const version of [2, 3] as const) {
  t.test(`v${version}: output, decisions, resizes and the exit, in order and in time`, async (t) => {
    const events = eventsOf([
      [0, { type: 'policy.loaded', digest: 'd', source: 'policy.yaml' }],
      [1_000, '$ '],
      [2_000_000, decided('ls -l', 'allowed')],
      [2_000_500, 'total 0\r\n'],
      [3_000_000, { type: 'session.resize', cols: 132, rows: 43 }],
      [3_000_001, { type: 'session.resize', cols: 0, rows: 0 }],
      [4_000_000, decided('rm -rf /', 'refused')],
      [5_000_000, decided('"$X"\n  --now', 'unjudged')],
      [9_000_001, { type: 'session.end', reason: 'exited', status: 126 }],
    ]);
    t.strictSame(await cast(version, summaryOf(), events), [
      { time: 1_000, code: 'o', data: '$ ' },
      { time: 2_000_000, code: 'm', label: 'allowed: ls -l (default/allow)' },
      { time: 2_000_500, code: 'o', data: 'total 0\r\n' },
      { time: 3_000_000, code: 'r', cols: 132, rows: 43 },
      { time: 4_000_000, code: 'm', label: 'refused: rm -rf / (baseline/no-root-removal)' },
      { time: 5_000_000, code: 'm', label: 'unjudged: "$X" --now (default/unknown)' },
      { time: 9_000_001, code: 'x', status: 126 },
    ]);
  });
}

t.test('a resize is COLSxROWS, as the specification prints it', async (t) => {
  const events = eventsOf([[5_000_000, { type: 'session.resize', cols: 100, rows: 50 }]]);
  const text = (await collect(exportSession('v3', summaryOf(), events))).join('');
  t.strictSame(JSON.parse(text.split('\n')[1]!), [5, 'r', '100x50']);
});

t.test('a character split between events stays whole, at the time of its last byte', async (t) => {
  const [a, b] = [Buffer.from('x─').subarray(0, 2), Buffer.from('x─').subarray(2)];
  t.strictSame(
    await cast(
      3,
      summaryOf(),
      eventsOf([
        [1, a],
        [2, decided('x', 'allowed')],
        [3, b.subarray(0, 1)],
        [4, b.subarray(1)],
      ]),
    ),
    [
      { time: 1, code: 'o', data: 'x' },
      { time: 2, code: 'm', label: 'allowed: x (default/allow)' },
      { time: 4, code: 'o', data: '─' },
    ],
  );
});

t.test('input and output do not mix their bytes', async (t) => {
  const bytes = Buffer.from('é');
  const output = eventsOf([
    [1, bytes.subarray(0, 1)],
    [3, bytes.subarray(1)],
  ]);
  const input = eventsOf([[2, 'k']], 'session.input');
  t.strictSame(await cast(3, summaryOf(), [output[0]!, input[0]!, output[1]!]), [
    { time: 2, code: 'i', data: 'k' },
    { time: 3, code: 'o', data: 'é' },
  ]);
});

t.test('invalid bytes and a character without its end become U+FFFD', async (t) => {
  const events = eventsOf([
    [1, Uint8Array.of(0x61, 0xff, 0x62, 0xe2, 0x94)],
    [2, { type: 'session.end', reason: 'signalled', status: 143 }],
  ]);
  const expected = [
    { time: 1, code: 'o', data: 'a\ufffdb' },
    { time: 2, code: 'o', data: '\ufffd' },
  ];
  t.strictSame(await cast(3, summaryOf(), events), [...expected, { time: 2, code: 'x', status: 143 }]);
  t.strictSame(
    await cast(3, summaryOf({ state: 'cut-off' }), events.slice(0, 1)),
    [expected[0], { ...expected[1], time: 1 }],
    'the writer died: no exit is made up',
  );
});

t.test('what is missing is marked', async (t) => {
  const events = eventsOf([
    [1, Uint8Array.of(0x61, 0xe2)],
    [2, null],
    [3, 'b'],
    [4, { type: 'gap', reason: 'the recorder was gone', from: 0, lost: { events: 2, bytes: 9 } }],
    [5, { type: 'session.end', reason: 'failed', status: 1, error: 'the store\nis full' }],
  ]);
  t.strictSame(await cast(3, summaryOf(), events), [
    { time: 1, code: 'o', data: 'a' },
    { time: 2, code: 'o', data: '\ufffd' },
    { time: 2, code: 'm', label: 'output removed by retention: 7 bytes' },
    { time: 3, code: 'o', data: 'b' },
    { time: 4, code: 'm', label: 'gap: the recorder was gone (lost 2 events, 9 bytes)' },
    { time: 5, code: 'm', label: 'failed: the store is full' },
    { time: 5, code: 'x', status: 1 },
  ]);
});

t.test('without a terminal, line feeds return the carriage as a terminal would have made them', async (t) => {
  t.strictSame(await cast(3, pipedSummary(), eventsOf([[1, 'a\nb\n']])), [
    { time: 1, code: 'o', data: 'a\r\nb\r\n' },
  ]);
  t.strictSame(await cast(3, summaryOf(), eventsOf([[1, 'a\nb\n']])), [
    { time: 1, code: 'o', data: 'a\nb\n' },
  ]);
});

t.test('a label is one short line whatever the command was', async (t) => {
  const line = `echo \x1b]0;title\x07 \u202e${'\u{1f600}'.repeat(5000)}\n\n`;
  const [marker] = (await cast(3, summaryOf(), eventsOf([[1, decided(line, 'refused')]]))) as [
    { label: string },
  ];
  t.match(marker.label, /^refused: echo \]0;title (?:\u{1f600})+… \(baseline\/no-root-removal\)$/u);
  t.ok(marker.label.length < 600 && marker.label.isWellFormed());
});

t.test('an event from before the start, or out of order, does not go back in time', async (t) => {
  t.strictSame(
    await cast(
      3,
      summaryOf(),
      eventsOf([
        [-5, 'a'],
        [10, 'b'],
        [7, 'c'],
      ]),
    ),
    [
      { time: 0, code: 'o', data: 'a' },
      { time: 10, code: 'o', data: 'b' },
      { time: 10, code: 'o', data: 'c' },
    ],
  );
});

t.test('what a prompt ran has no marker, unless it was refused', async (t) => {
  const routine = { ...decided('git branch', 'allowed'), context: 'prompt' as const };
  const refused = { ...decided('rm -rf /', 'refused'), context: 'prompt' as const };
  const events = await cast(
    3,
    summaryOf(),
    eventsOf([
      [1000, routine],
      [2000, refused],
    ]),
  );
  t.match(events, [{ code: 'm', label: /rm -rf/ }]);
  t.equal(events.length, 1);
});
