/**
 * Recording a flood of output: `cat` of a large file under the program as it is shipped (`dist/`), `script`, `asciinema rec` and
 * `tlog-rec`, each on a terminal of its own whose output is read and thrown away, each storing everything, one after the other in
 * one run. Beside them stands the `cat` alone, on a terminal that nobody records: what the kernel passes at all is the ceiling.
 *
 * BENCH_MB sets the size of the file (200), BENCH_ROUNDS how often each is run (3; the best counts).
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pty } from '../../sidecar/shell/pty.ts';
import { which } from '../tool.ts';
import { type Corpus, NAMES, writeCorpus } from './corpus.ts';
import type { Row } from './row.ts';

const MB = Number(process.env.BENCH_MB ?? 200);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const PROGRAM = new URL('../../dist/chaperone.js', import.meta.url).pathname;
/** Resident memory is looked at each time that so much has passed. */
const STEP = 100e6;

interface Peer {
  name: string;
  argv(file: string, directory: string): string[];
  /** What it stored, to be sure that it did. */
  stored(directory: string): number;
}

const size = (path: string) => statSync(path).size;

/** What a terminal of this kernel passes at all: nobody who records can be faster. */
const CEILING = 'no recorder';

function ours(directory: string, ...command: string[]): string[] {
  return [process.execPath, PROGRAM, 'shell', '--data', join(directory, 'evidence'), '--', ...command];
}

const PEERS: Peer[] = [
  { name: CEILING, argv: (file) => ['cat', file], stored: () => 0 },
  {
    name: 'chaperone',
    argv: (file, directory) => ours(directory, 'cat', file),
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

interface Passed {
  seconds: number;
  shown: number;
  /** Resident memory of the recorder in MB, each time `STEP` more has been shown. */
  resident: number[];
}

/** Runs argv on a terminal whose output is thrown away. */
async function drained(argv: string[]): Promise<Passed> {
  const started = performance.now();
  let shown = 0;
  const resident: number[] = [];
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: tmpdir(),
    SHELL: '/bin/sh',
    TERM: 'xterm',
    LANG: 'C.UTF-8',
  };
  const pty = new Pty(
    { argv, env, cwd: tmpdir(), size: { cols: 100, rows: 30 } },
    {
      data: (bytes) => {
        shown += bytes.length;
        if (shown > STEP * (resident.length + 1)) resident.push(residentMemory(pty.pid));
      },
      drained: () => undefined,
    },
  );
  const { status } = await pty.ended;
  if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}`);
  return { seconds: (performance.now() - started) / 1000, shown, resident };
}

/** In MB, as proc(5) tells it in pages of 4 KiB. */
function residentMemory(pid: number): number {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return (Number(pages) * 4096) / 1e6;
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
  const peers = PEERS.filter(({ name }) => ['chaperone', CEILING].includes(name) || which(name) !== null);
  const figures = new Map<string, Figure>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const peer of peers) {
      const figure = await measure(peer, file);
      if (figure.speed > (figures.get(peer.name)?.speed ?? 0)) figures.set(peer.name, figure);
    }
  }
  return report(corpus, figures);
}

function report(corpus: Corpus, figures: ReadonlyMap<string, Figure>): Row[] {
  const targets: Record<string, number> = {
    script: corpus === 'seq' ? 0.7 : 0.5,
    asciinema: 1.5,
    'tlog-rec': 2,
  };
  const ours = figures.get('chaperone')!;
  const ceiling = figures.get(CEILING)!;
  const named = (name: string) => `${NAMES[corpus]}: ${name}`;
  const rows: Row[] = [{ name: named('chaperone, all stored'), value: ours.speed, unit: 'MB/s' }];
  for (const [name, { speed }] of figures) {
    const target = targets[name];
    if (target === undefined) continue;
    const ratio = ours.speed / speed;
    // What even a recorder that takes no time would have, on this machine and in this run.
    const most = (ceiling.speed / speed).toFixed(2);
    const wanted = { target: `≥ ${target} × ${name} (ceiling ×${most})`, ok: ratio >= target };
    rows.push({ name: named(name), value: speed, unit: 'MB/s', ratio, ...wanted });
  }
  const ratio = ours.speed / ceiling.speed;
  rows.push({ name: named('cat, no recorder: the ceiling'), value: ceiling.speed, unit: 'MB/s', ratio });
  const stored = { value: ours.stored * 100, unit: '% of raw', target: '< 15 %', ok: ours.stored < 0.15 };
  rows.push({ name: named('stored size'), ...stored });
  return rows;
}

/** A gigabyte without a newline, which a terminal passes fastest. */
async function memory(directory: string): Promise<Row> {
  const flood = 'head -c 1000000000 /dev/zero | tr "\\0" x';
  const { resident } = await drained(ours(directory, 'sh', '-c', flood));
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
    for (const corpus of ['seq', 'log'] as const) {
      const file = join(directory, corpus);
      writeCorpus(corpus, file, MB * 1e6);
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
