/**
 * What a shell behind the launcher costs: `bash -c true` judged by the default policy and recorded by `chaperone up` as it
 * is shipped, beside plain bash and beside what else records a command, in one run. Each tool takes its turn in every
 * round, so that what the machine does meanwhile meets all of them.
 *
 * BENCH_ROUNDS sets how often (300), BENCH_MB how much flows through a recorded pipe (1000).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditLog } from '../../recorder/log/audit-log.ts';
import { which } from '../tool.ts';
import type { Row } from './row.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 300);
const MB = Number(process.env.BENCH_MB ?? 1000);
const [SHELLS, AT_ONCE, LOOP] = [1000, 50, 100_000];
const DIST = new URL('../../dist/', import.meta.url).pathname;
const BASH = '/bin/bash';
/** Characters that one of the many shells says, at most. */
const MARK_LIMIT = 64;

interface Scene {
  directory: string;
  /** The launcher by the name of bash, and what tells it where to ask. */
  bash: string;
  env: Record<string, string>;
  data: string;
  chaperone: ChildProcess;
}

export async function run(): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-bench-'));
  const scene = await begin(directory);
  try {
    const rows = [...starts(scene), await memory(scene), ...throughput(scene), ...loop(scene)];
    const spoken = await manyAtOnce(scene);
    await end(scene);
    return [...rows, ...(await kept(scene, spoken))];
  } finally {
    await end(scene);
    rmSync(directory, { recursive: true, force: true });
  }
}

async function begin(directory: string): Promise<Scene> {
  const data = join(directory, 'evidence');
  const shells = join(directory, 'bin');
  mkdirSync(shells);
  symlinkSync(join(DIST, 'chaperone-launcher'), join(shells, 'bash'));
  const socket = join(directory, 's');
  const common = { HOME: directory, PATH: '/usr/local/bin:/usr/bin:/bin', TERM: 'xterm', LC_ALL: 'C.UTF-8' };
  const chaperone = spawn(
    process.execPath,
    [join(DIST, 'chaperone.js'), 'up', '--data', data, '--port', '0'],
    {
      env: { ...common, CHAPERONE_SOCKET: socket },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  for (let text = ''; !/login/.test(text); ) text += (await once(chaperone.stdout, 'data'))[0];
  const env = { ...common, PATH: `${shells}:${common.PATH}`, CHAPERONE_SOCKET: socket };
  return { directory, bash: join(shells, 'bash'), env, data, chaperone };
}

async function end({ chaperone }: Scene): Promise<void> {
  if (chaperone.exitCode !== null || chaperone.signalCode !== null) return;
  const ended = once(chaperone, 'exit');
  chaperone.kill();
  await ended;
}

/** Milliseconds from its start to its end, its output included. */
function timed(program: string, args: string[], env: Record<string, string>): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(program, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2e9,
  });
  const took = performance.now() - began;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: status ${status}: ${stderr}`);
  return took;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

function starts({ bash, env, directory }: Scene): Row[] {
  const file = join(directory, 'recording');
  const ways: Record<string, [string, string[]]> = {
    plain: [BASH, ['-c', 'true']],
    launcher: [bash, ['-c', 'true']],
    script: ['script', ['-qc', `${BASH} -c true`, file]],
    'tlog-rec': ['tlog-rec', ['--writer=file', `--file-path=${file}.tlog`, BASH, '-c', 'true']],
    asciinema: ['asciinema', ['rec', '-q', '--overwrite', '-c', `${BASH} -c true`, `${file}.cast`]],
  };
  const there = Object.entries(ways).filter(([, [program]]) => program.startsWith('/') || which(program));
  const times = new Map<string, number[]>(there.map(([name]) => [name, []]));
  for (let round = 0; round < ROUNDS; round++)
    // Slow ones need no so many turns for a median.
    for (const [name, [program, args]] of there)
      if (name !== 'asciinema' || round % 10 === 0) times.get(name)!.push(timed(program, args, env));
  const medians = new Map([...times].map(([name, values]) => [name, median(values)]));
  const plain = medians.get('plain')!;
  const ours = medians.get('launcher')! - plain;
  const over = (name: string, factor: number, target: string): Row[] => {
    const value = medians.get(name);
    if (value === undefined) return [];
    const ratio = (value - plain) / ours;
    return [
      { name: `the same by ${name}`, value: value - plain, unit: 'ms', ratio, target, ok: ratio >= factor },
    ];
  };
  return [
    { name: 'bash -c true, plain', value: plain, unit: 'ms median' },
    { name: 'more through the launcher', value: ours, unit: 'ms', target: '≤ 1.5 ms', ok: ours <= 1.5 },
    ...over('script', 1, 'at least as much as ours'),
    ...over('tlog-rec', 5, '≥ 5 × ours'),
    ...over('asciinema', 20, '≥ 20 × ours'),
  ];
}

/** Of who waits and of the relay, while a shell runs that has said something. */
async function memory({ bash, env }: Scene): Promise<Row> {
  const child = spawn(bash, ['-c', 'echo on; read x'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  let resident = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const status = statusOf(pid);
    const ours =
      Number(pid) === child.pid ||
      (status.includes(`PPid:\t${child.pid}\n`) && status.includes('chaperone-'));
    if (ours) resident += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  }
  child.stdin.end('\n');
  await once(child, 'close');
  const value = resident / 1024;
  return {
    name: 'resident memory of a shell beside bash itself',
    value,
    unit: 'MiB',
    target: '< 1.5 MB',
    ok: value < 1.5,
  };
}

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}

function throughput({ bash, env, directory }: Scene): Row[] {
  const file = join(directory, 'much');
  spawnSync('sh', ['-c', `yes "$(seq -s ' ' 200)" | head -c ${MB}000000 > ${file}`]);
  const through = (shell: string) =>
    timed('sh', ['-c', `"${shell}" -c 'cat ${file}' | cat > /dev/null`], env);
  through(BASH);
  const [plain, ours] = [through(BASH), through(bash)];
  rmSync(file);
  const ratio = plain / ours;
  return [
    { name: `cat of ${MB} MB through a pipe, plain`, value: (MB / plain) * 1000, unit: 'MB/s' },
    {
      name: 'recorded',
      value: (MB / ours) * 1000,
      unit: 'MB/s',
      ratio,
      target: '≥ 0.5 × plain',
      ok: ratio >= 0.5,
    },
  ];
}

function loop({ bash, env }: Scene): Row[] {
  const command = `for ((i = 0; i < ${LOOP}; i++)); do :; done`;
  const [plain, ours]: [number[], number[]] = [[], []];
  for (let round = 0; round < 7; round++) {
    plain.push(timed(BASH, ['-c', command], env));
    ours.push(timed(bash, ['-c', command], env));
  }
  const value = median(ours);
  const ratio = value / median(plain);
  return [
    {
      name: `a loop of ${LOOP} builtins`,
      value,
      unit: 'ms',
      ratio,
      target: '≤ 1.2 × plain',
      ok: ratio <= 1.2,
    },
  ];
}

/** Numbers of shells that said just what they were to say. */
async function manyAtOnce({ bash, env }: Scene): Promise<Set<string>> {
  const right = new Set<string>();
  let next = 0;
  const lane = async () => {
    while (next < SHELLS) {
      const mark = `mark-${next++}-`;
      const child = spawn(bash, ['-c', `echo ${mark}; echo ${mark} >&2`], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const said = { stdout: '', stderr: '' };
      child.stdout.on('data', (bytes) => (said.stdout += bytes));
      child.stderr.on('data', (bytes) => (said.stderr += bytes));
      const [status] = await once(child, 'close');
      if (status === 0 && said.stdout === `${mark}\n` && said.stderr === said.stdout) right.add(mark);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return right;
}

/** Which of them the evidence has, each in a session of its own. */
async function kept({ data }: Scene, spoken: Set<string>): Promise<Row[]> {
  const log = await AuditLog.open({ data });
  const recorded = new Set<string>();
  for (let before: string | undefined, more = true; more; ) {
    const page = await log.sessions({ limit: 500, ...(before !== undefined && { before }) });
    for (const { id } of page.sessions) {
      let said = '';
      for await (const { event, content } of log.events(id)) {
        if (event.body.type === 'session.output') said += Buffer.from(content ?? []).toString();
        // The session of the throughput says far more than a string can hold.
        if (said.length > MARK_LIMIT) break;
      }
      const [, mark] = /^(mark-\d+-)\n\1\n$/.exec(said) ?? [];
      if (mark !== undefined) recorded.add(mark);
    }
    before = page.next;
    more = before !== undefined;
  }
  await log.close();
  const target = `all ${SHELLS}`;
  const row = (name: string, { size }: Set<string>) => ({
    name,
    value: size,
    unit: 'shells',
    target,
    ok: size === SHELLS,
  });
  return [
    row(`of ${SHELLS} shells, ${AT_ONCE} at once, said what they were to say`, spoken),
    row('and have a session of their own with just that', recorded),
  ];
}
