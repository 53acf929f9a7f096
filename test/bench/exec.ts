/**
 * The output of `kubectl exec` through the gate, recorded, beside the same without it: real kubectls, old (SPDY) and
 * current (WebSocket), TLS on both sides, the program as it is shipped (`dist/`), every byte stored before it is shown.
 * Server, gate and kubectl are processes of their own, and share the machine's cores: on few of them what a gate does
 * with each byte is missing elsewhere, whatever it waits for. So there is a third way, through a relay that opens TLS on
 * both sides and does nothing else: no gate in Node can be quicker. (The server says what it says from memory: no kubelet
 * is as quick.)
 *
 * BENCH_MB sets how much flows (300), BENCH_ROUNDS how often (3; the best counts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectl } from '../kubectl.ts';
import type { Row } from './row.ts';

const MB = Number(process.env.BENCH_MB ?? 300);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const AT_ONCE = 100;
const SESSION_MB = 2;
const PROGRAM = new URL('../../dist/chaperone.js', import.meta.url).pathname;
const KUBECTLS = { current: 'WebSocket', old: 'SPDY' } as const;

interface Scene {
  directory: string;
  /** Kubeconfigs: without the gate, through it, and through what only passes bytes on. */
  direct: string;
  guarded: string;
  relayed: string;
  chaperone: ChildProcess;
}

export async function run(): Promise<Row[]> {
  if (kubectl('current') === null) return [];
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-bench-'));
  const children: ChildProcess[] = [];
  try {
    const scene = await begin(directory, children);
    const rows: Row[] = [];
    for (const age of ['current', 'old'] as const) rows.push(...(await compare(scene, age)));
    return [...rows, ...(await manyAtOnce(scene))];
  } finally {
    for (const child of children.reverse()) await stop(child);
    rmSync(directory, { recursive: true });
  }
}

async function begin(directory: string, children: ChildProcess[]): Promise<Scene> {
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  };
  const direct = (await said(start(join(import.meta.dirname, 'kube/flood.ts'), directory), /^(.+)\n/))[1]!;
  const relay = start(join(import.meta.dirname, 'kube/relay.ts'), direct, directory);
  const relayed = (await said(relay, /^(.+)\n/))[1]!;
  const data = join(directory, 'evidence');
  const where = ['--data', data, '--port', '0', '--kube-port', '0', '--kubeconfig', direct];
  const chaperone = start(PROGRAM, 'up', ...where);
  await said(chaperone, /login/);
  return { directory, direct, guarded: join(data, 'kube/kubeconfig'), relayed, chaperone };
}

/** What a child prints, once it matches. */
async function said({ stdout }: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  for (let text = ''; ; ) {
    text += (await once(stdout!, 'data'))[0];
    const match = pattern.exec(text);
    if (match !== null) return match;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = child.exitCode ?? once(child, 'exit');
  child.kill();
  await ended;
}

async function compare(scene: Scene, age: keyof typeof KUBECTLS): Promise<Row[]> {
  let [direct, relayed, guarded] = [0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    direct = Math.max(direct, await speed(scene, age, scene.direct));
    relayed = Math.max(relayed, await speed(scene, age, scene.relayed));
    guarded = Math.max(guarded, await speed(scene, age, scene.guarded));
  }
  const ratio = guarded / direct;
  const row = (how: string, value: number) => {
    const name = `output of kubectl exec over ${KUBECTLS[age]}, ${how}`;
    return { name, value, unit: 'MB/s', ...(value !== direct && { ratio: value / direct }) };
  };
  return [
    row('without the gate', direct),
    row('the ceiling: a bare relay', relayed),
    { ...row('recorded', guarded), target: '≥ 0.6 × without the gate', ok: ratio >= 0.6 },
  ];
}

/** MB a second, kubectl's own start included. */
async function speed(scene: Scene, age: keyof typeof KUBECTLS, kubeconfig: string): Promise<number> {
  const started = performance.now();
  const shown = await exec(scene, age, { kubeconfig, mb: MB });
  if (shown !== MB * 1e6) throw new Error(`${shown} bytes of ${MB} MB were shown`);
  return MB / ((performance.now() - started) / 1000);
}

/** Bytes that kubectl prints. */
async function exec(
  { directory }: Scene,
  age: keyof typeof KUBECTLS,
  { kubeconfig, mb }: { kubeconfig: string; mb: number },
): Promise<number> {
  const child = spawn(kubectl(age)!, ['exec', 'box', '--', 'flood', String(mb)], {
    env: { HOME: directory, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let shown = 0;
  child.stdout.on('data', (bytes: Buffer) => {
    shown += bytes.length;
  });
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`kubectl: status ${status}`);
  return shown;
}

async function manyAtOnce(scene: Scene): Promise<Row[]> {
  let resident = 0;
  const watch = setInterval(() => {
    resident = Math.max(resident, residentMemory(scene.chaperone.pid!));
  }, 100);
  const wanted = { kubeconfig: scene.guarded, mb: SESSION_MB };
  const shown = await Promise.allSettled(
    Array.from({ length: AT_ONCE }, () => exec(scene, 'current', wanted)),
  );
  clearInterval(watch);
  const whole = shown.filter((one) => one.status === 'fulfilled' && one.value === SESSION_MB * 1e6).length;
  const name = `${AT_ONCE} sessions at once, ${SESSION_MB} MB each`;
  return [
    {
      ...{ name: `${name}: whole`, value: whole, unit: 'sessions' },
      ...{ target: `${AT_ONCE}: none lost`, ok: whole === AT_ONCE },
    },
    {
      ...{ name: `${name}: resident memory of chaperone`, value: resident, unit: 'MB' },
      ...{ target: '< 400 MB', ok: resident < 400 },
    },
  ];
}

/** In MB, as proc(5) tells it in pages of 4 KiB. */
function residentMemory(pid: number): number {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return (Number(pages) * 4096) / 1e6;
}
