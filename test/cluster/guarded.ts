/**
 * `chaperone up` in front of the real cluster that `KUBECONFIG` names, in a namespace that is made and removed.
 * `CHAPERONE_TEST_IMAGE` is an image with a shell that the cluster can run.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { defaultPolicyText } from '../../sidecar/policy/policy-file.ts';
import { chaperone, temporary, up } from '../e2e/program.ts';
import { kubectl } from '../kubectl.ts';

export const IMAGE = process.env.CHAPERONE_TEST_IMAGE ?? 'busybox:1.36';
export const BINARY = kubectl('current') ?? 'kubectl';
export const OLD = kubectl('old') ?? 'kubectl';
export const REAL = process.env.KUBECONFIG ?? '';
const run = promisify(execFile);

export interface Ran {
  stdout: string;
  stderr: string;
  status: number;
}

export type Kubectl = (args: string[], input?: string, program?: string) => Promise<Ran>;

export interface Guarded {
  data: string;
  namespace: string;
  /** Path of the kubeconfig that leads through the gate. */
  kubeconfig: string;
  /** Past the gate, for looking and setting up. */
  past: Kubectl;
  through: Kubectl;
  stop(): Promise<number | null>;
}

/** @param policy policies beside the default one, as YAML documents, each behind its `---` */
export async function guarded(t: Test, policy = ''): Promise<Guarded> {
  const namespace = `chaperone-test-${randomBytes(4).toString('hex')}`;
  const past = at(REAL, namespace);
  t.teardown(() => past(['delete', 'namespace', namespace, '--wait=false']));
  await past(['create', 'namespace', namespace]);
  const data = await temporary(t);
  if (policy !== '') {
    const rules = `${await defaultPolicyText()}\n${policy.replaceAll('NAMESPACE', namespace)}`;
    await writeFile(join(data, 'policy.yaml'), rules);
  }
  const context = (
    await run(BINARY, ['config', 'current-context'], { env: { KUBECONFIG: REAL } })
  ).stdout.trim();
  const flags = ['--context', context, '--kubeconfig', REAL, '--kube-port', '0'];
  const { stop } = await up(t, data, { flags });
  const kubeconfig = (await chaperone(['kubeconfig', '--data', data])).stdout.trim();
  return { data, namespace, kubeconfig, past, through: at(kubeconfig, namespace), stop };
}

export function at(kubeconfig: string, namespace: string): Kubectl {
  return (args, input = '', program = BINARY) => {
    const child = run(program, ['-n', namespace, ...args], {
      env: { KUBECONFIG: kubeconfig, HOME: '/nonexistent', PATH: process.env.PATH },
      maxBuffer: 64 << 20,
    });
    child.child.stdin?.on('error', () => {}).end(input);
    return child.then(
      (ran) => ({ ...ran, status: 0 }),
      (error) => ({ stdout: error.stdout, stderr: error.stderr, status: error.code }),
    );
  };
}
