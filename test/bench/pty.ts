/**
 * Recording a flood of output: `cat` of a large file under our recorder, `script`, `asciinema rec` and `tlog-rec`, each on a terminal of
 * its own whose output is read and thrown away, each storing everything, one after the other in one run.
 *
 * BENCH_MB sets the size of the file (200), BENCH_ROUNDS how often each is run (3; the best counts).
 */
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pty } from '../../sidecar/shell/pty.ts';
import { which } from '../tool.ts';
import type { Row } from './row.ts';

const MB = Number(process.env.BENCH_MB ?? 200);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const OURS = new URL('./recorded-command.ts', import.meta.url).pathname;

type Corpus = 'seq' | 'log';
const NAMES: Record<Corpus, string> = { seq: 'seq lines', log: '100-column log text' };

const MESSAGES = [
  'INFO  http: GET /api/v1/namespaces/default/pods 200',
  'INFO  http: POST /api/v1/events 201',
  'INFO  http: GET /healthz 200',
  'DEBUG cache: hit for key session',
  'DEBUG cache: miss for key session, asking the backend',
  'INFO  worker: job taken from the queue',
  'INFO  worker: job done',
  'WARN  upstream: slow answer, trying the next one',
  'ERROR upstream: connection reset by peer, will retry',
  'INFO  lease: renewed for another fifteen seconds',
];

/** Lines as a service writes them: a time that goes on, one of a few messages, a number or two. A small seeded generator. */
function* logLines(): Generator<string> {
  let state = 1;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let ms = Date.UTC(2025, 0, 1); ; ms += next(40)) {
    const message = MESSAGES[Math.min(next(MESSAGES.length), next(MESSAGES.length))];
    yield `${`${new Date(ms).toISOString()} ${message} id=${next(5000)} took ${next(300)} ms`.padEnd(99, '.').slice(0, 99)}\n`;
  }
}

function* seqLines(): Generator<string> {
  for (let i = 1; ; i++) yield `${i}\n`;
}

function writeCorpus(path: string, lines: Generator<string>): void {
  const file = openSync(path, 'w');
  let size = 0;
  while (size < MB * 1e6) {
    let text = '';
    while (text.length < 1 << 20) text += lines.next().value;
    size += writeSync(file, text);
  }
  closeSync(file);
}

interface Peer {
  name: string;
  argv(file: string, directory: string): string[];
  /** What it stored, to be sure that it did. */
  stored(directory: string): number;
}

const size = (path: string) => statSync(path).size;

const PEERS: Peer[] = [
  // What a terminal of this kernel passes at all: nobody who records can be faster.
  { name: 'no recorder', argv: (file) => ['cat', file], stored: () => 0 },
  {
    name: 'chaperone',
    argv: (file, directory) => [process.execPath, OURS, join(directory, 'evidence'), 'cat', file],
    stored: (directory) => sizeOf(join(directory, 'evidence')),
  },
  {
    name: 'script',
    argv: (file, directory) => ['script', '-qc', `cat ${file}`, join(directory, 'typescript')],
    stored: (directory) => size(join(directory, 'typescript')),
  },
  {
    name: 'asciinema',
    argv: (file, directory) => ['asciinema', 'rec', '-q', '-c', `cat ${file}`, join(directory, 'cast')],
    stored: (directory) => size(join(directory, 'cast')),
  },
  {
    name: 'tlog-rec',
    argv: (file, directory) => [
      'tlog-rec',
      '--writer=file',
      `--file-path=${join(directory, 'tlog')}`,
      'cat',
      file,
    ],
    stored: (directory) => size(join(directory, 'tlog')),
  },
];

function sizeOf(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + size(join(entry.parentPath, entry.name)), 0);
}

/** Runs argv on a terminal whose output is thrown away; resolves with seconds and what was shown. */
async function drained(
  argv: string[],
  env: Record<string, string> = {},
): Promise<{ seconds: number; shown: number }> {
  const started = performance.now();
  let shown = 0;
  const inherited = {
    PATH: process.env.PATH ?? '',
    HOME: tmpdir(),
    SHELL: '/bin/sh',
    TERM: 'xterm',
    LANG: 'C.UTF-8',
  };
  const pty = new Pty(
    { argv, env: { ...inherited, ...env }, cwd: tmpdir(), size: { cols: 100, rows: 30 } },
    {
      data: (bytes) => {
        shown += bytes.length;
      },
      drained: () => undefined,
    },
  );
  const { status } = await pty.ended;
  if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}`);
  return { seconds: (performance.now() - started) / 1000, shown };
}

interface Figure {
  /** MB of the file per second. */
  speed: number;
  stored: number;
}

async function measure(peer: Peer, file: string): Promise<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-bench-'));
  try {
    const { seconds, shown } = await drained(peer.argv(file, directory));
    if (shown < size(file)) throw new Error(`${peer.name} showed ${shown} bytes of ${size(file)}`);
    return { speed: size(file) / 1e6 / seconds, stored: peer.stored(directory) / size(file) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** tlog-rec gives up where there is no utmp, as in a container. */
function withUtmp(): () => void {
  if (existsSync('/run/utmp') || process.getuid?.() !== 0) return () => undefined;
  writeFileSync('/run/utmp', '');
  return () => rmSync('/run/utmp', { force: true });
}

async function compare(corpus: Corpus, file: string): Promise<Row[]> {
  const peers = PEERS.filter(
    ({ name }) => ['chaperone', 'no recorder'].includes(name) || which(name) !== null,
  );
  const figures = new Map<string, Figure>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const peer of peers) {
      const figure = await measure(peer, file);
      if (figure.speed > (figures.get(peer.name)?.speed ?? 0)) figures.set(peer.name, figure);
    }
  }
  const targets: Record<string, number> = {
    script: corpus === 'seq' ? 0.7 : 0.5,
    asciinema: 1.5,
    'tlog-rec': 2,
  };
  const ours = figures.get('chaperone')!;
  const rows: Row[] = [{ name: `${NAMES[corpus]}: chaperone, all stored`, value: ours.speed, unit: 'MB/s' }];
  for (const [name, { speed }] of figures) {
    if (name === 'chaperone') continue;
    const ratio = ours.speed / speed;
    const target = targets[name];
    if (target === undefined) {
      rows.push({ name: `${NAMES[corpus]}: ${name}`, value: speed, unit: 'MB/s', ratio });
      continue;
    }
    rows.push({
      name: `${NAMES[corpus]}: ${name}`,
      value: speed,
      unit: 'MB/s',
      ratio,
      target: `≥ ${target} × ${name}`,
      ok: ratio >= target,
    });
  }
  rows.push({
    name: `${NAMES[corpus]}: stored size`,
    value: ours.stored * 100,
    unit: '% of raw',
    target: '< 15 %',
    ok: ours.stored < 0.15,
  });
  return rows;
}

/** A gigabyte without a newline, which a terminal passes fastest. */
async function memory(directory: string): Promise<Row> {
  const sizes = join(directory, 'sizes');
  const flood = 'head -c 1000000000 /dev/zero | tr "\\0" x';
  await drained([process.execPath, OURS, join(directory, 'evidence'), 'sh', '-c', flood], {
    BENCH_SIZES: sizes,
  });
  const resident: number[] = JSON.parse(readFileSync(sizes, 'utf8'));
  const growth = Math.max(...resident) - (resident[0] ?? 0);
  return {
    name: `resident memory while 1 GB passes: growth after the first 100 MB (${resident[0]?.toFixed(0)} MB)`,
    value: growth,
    unit: 'MB',
    target: '< 50 MB',
    ok: growth < 50,
  };
}

export async function run(): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-bench-'));
  const restore = withUtmp();
  try {
    const rows: Row[] = [];
    for (const [corpus, lines] of [
      ['seq', seqLines()],
      ['log', logLines()],
    ] as const) {
      const file = join(directory, corpus);
      writeCorpus(file, lines);
      rows.push(...(await compare(corpus, file)));
      rmSync(file);
    }
    rows.push(await memory(directory));
    return rows;
  } finally {
    restore();
    rmSync(directory, { recursive: true, force: true });
  }
}
