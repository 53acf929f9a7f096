/** What it costs to understand a line and to decide on it: no I/O, a warm process. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '../../recorder/audit/identity.ts';
import { analyse } from '../../sidecar/command/analyse.ts';
import { decide } from '../../sidecar/policy/decide.ts';
import { parsePolicies } from '../../sidecar/policy/parse.ts';
import { PolicySet } from '../../sidecar/policy/policy-set.ts';
import { type AgentPolicy, policySchema } from '../../sidecar/policy/schema.ts';
import { HOSTILE_SHAPES } from './hostile-shapes.ts';
import type { Row } from './row.ts';

const ROUNDS = 20_000;
const LIMIT_US = 50;
const SCRIPT_LIMIT_MS = 20;
const HOSTILE_LIMIT_MS = 50;
const identity: Identity = { user: 'agent', groups: ['devs'], proof: 'claimed' };
const context = { cwd: '/home/agent/app', home: '/home/agent' };

const LINES = {
  'an ordinary line': 'cd /app && npm test 2>&1 | tail -n 20',
  'a simple command': 'git status --short',
  'wrappers and a nested script': `sudo -u agent timeout 60 bash -lc 'cd /srv/app && make -j4 "$TARGET" | tee build.log'`,
};

const policies = [baseline(), hundredRules()];
const set = new PolicySet(policies);

/** Understands a line and decides on it, as it is measured. */
export function decidedOn(line: string): unknown {
  return decide(set, analyse(line, context), identity);
}

export async function run(): Promise<Row[]> {
  const rules = policies.reduce((sum, { spec }) => sum + (spec.commands?.length ?? 0), 0);
  const rows = Object.entries(LINES).map(([name, line]): Row => {
    const value = median(ROUNDS, () => decidedOn(line)) * 1000;
    return {
      name: `analyse and decide, ${rules} rules: ${name}`,
      value: Math.round(value * 10) / 10,
      unit: 'µs median',
      target: `< ${LIMIT_US} µs`,
      ok: value < LIMIT_US,
    };
  });
  for (const [name, text] of [
    ['made of dense lines', script64K()] as const,
    ['of Debian packages', realScript()] as const,
  ]) {
    if (text === null) continue;
    const value = median(40, () => decidedOn(text));
    rows.push({
      name: `analyse and decide, ${rules} rules: a script of ${Math.round(text.length / 1024)} KiB, ${name}`,
      value: Math.round(value * 10) / 10,
      unit: 'ms median',
      target: `< ${SCRIPT_LIMIT_MS} ms`,
      ok: value < SCRIPT_LIMIT_MS,
    });
  }
  rows.push(hostile());
  return rows;
}

/** The slowest of all hostile shapes; each a few times, for the first time pays for what the engine has not compiled yet. */
function hostile(): Row {
  let slowest = { name: '', value: 0 };
  for (const [name, line] of Object.entries(HOSTILE_SHAPES)) {
    const value = median(5, () => decidedOn(line));
    if (value > slowest.value) slowest = { name, value };
  }
  return {
    name: `the slowest of ${Object.keys(HOSTILE_SHAPES).length} hostile shapes of 64 KiB: ${slowest.name}`,
    value: Math.round(slowest.value * 10) / 10,
    unit: 'ms median',
    target: `< ${HOSTILE_LIMIT_MS} ms`,
    ok: slowest.value < HOSTILE_LIMIT_MS,
  };
}

/** Milliseconds, after as many warm-up rounds as fit into a quarter of them. */
function median(rounds: number, work: () => unknown): number {
  for (let round = 0; round < rounds / 4; round++) work();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    work();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[rounds >> 1]!;
}

function baseline(): AgentPolicy {
  const url = new URL('../../sidecar/policy/default.yaml', import.meta.url);
  return parsePolicies(readFileSync(url, 'utf8'), 'default.yaml')[0]!;
}

/** Rules that have to be asked of every command: none names its program literally. */
function hundredRules(): AgentPolicy {
  const commands = Array.from({ length: 100 }, (_, place) => ({
    name: `rule-${place}`,
    effect: 'deny',
    reason: 'Measured.',
    match:
      place % 2
        ? { writes: [`/srv/data-${place}/**`] }
        : { program: [`tool-${place}*`], args: { any: ['x*'] } },
  }));
  return policySchema.parse({
    apiVersion: 'chaperone.dev/v1alpha1',
    kind: 'AgentPolicy',
    metadata: { name: 'measured' },
    spec: { commands },
  });
}

/** What packages run when they are installed, one after the other; null where this system has none. */
function realScript(): string | null {
  const place = '/var/lib/dpkg/info';
  if (!existsSync(place)) return null;
  let text = '';
  for (const name of readdirSync(place).sort()) {
    if (!/\.(pre|post)(inst|rm)$/.test(name)) continue;
    const script = readFileSync(join(place, name), 'utf8');
    if (/^#!.*sh\b/.test(script) && text.length + script.length < 64 * 1024) text += `${script}\n`;
  }
  return text;
}

function script64K(): string {
  const step = (n: number) =>
    `if [ -d "dir-${n}" ]; then\n  cp -r "dir-${n}" /tmp/out && grep -q 'x' file-${n} | sort > "$OUT/log-${n}"\nfi\n`;
  let text = '#!/bin/bash\nset -euo pipefail\n';
  for (let n = 0; text.length < 63 * 1024; n++) text += step(n);
  return text;
}
