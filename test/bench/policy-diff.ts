/** Recorded decisions decided again by two policies: read from a real log, understood, decided twice. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Draft } from '../../recorder/audit/event.ts';
import { AuditLog } from '../../recorder/log/audit-log.ts';
import { summarise } from '../../sidecar/action.ts';
import { compare } from '../../sidecar/cli/policy/diff.ts';
import { analyse } from '../../sidecar/command/analyse.ts';
import { parsePolicies } from '../../sidecar/policy/parse.ts';
import { LoadedPolicy } from '../../sidecar/policy/policy-file.ts';
import { end, sessionId, start } from '../recorder/log/sample.ts';
import type { Row } from './row.ts';

const SESSIONS = 200;
const COMMANDS = 500;
const LIMIT_S = 20;

export async function run(): Promise<Row[]> {
  const data = mkdtempSync(join(tmpdir(), 'chaperone-bench-'));
  const log = await AuditLog.open({ data: join(data, 'data') });
  try {
    for (let n = 0; n < SESSIONS; n++) {
      const lines = Array.from({ length: COMMANDS }, (_, place) => lineOf(n * COMMANDS + place));
      await log.append(sessionId(n), [start(), ...lines.map(decided), end()]);
    }
    const [a, b] = policies();
    const before = process.memoryUsage().rss;
    const begin = performance.now();
    const changes = await compare(log, { a, b }, () => undefined);
    const seconds = (performance.now() - begin) / 1000;
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    if (changes.decided !== SESSIONS * COMMANDS || changes.changed === 0)
      throw new Error(`${changes.decided} were decided, ${changes.changed} otherwise`);
    const name = `policy diff, ${SESSIONS * COMMANDS} recorded commands`;
    return [
      { name, value: seconds, unit: 's', target: `< ${LIMIT_S} s`, ok: seconds < LIMIT_S },
      {
        name: `${name}: memory that it takes`,
        value: grown,
        unit: 'MiB',
        target: '< 300 MiB',
        ok: grown < 300,
      },
    ];
  } finally {
    await log.close();
    rmSync(data, { recursive: true, force: true });
  }
}

function policies(): [LoadedPolicy, LoadedPolicy] {
  const text = readFileSync(new URL('../../sidecar/policy/default.yaml', import.meta.url), 'utf8');
  const more = `${text}\n---\napiVersion: chaperone.dev/v1alpha1\nkind: AgentPolicy\nmetadata: { name: more }
spec: { commands: [{ name: no-push, match: { program: [git], subcommand: [push] }, effect: deny, reason: No. }] }\n`;
  return [
    new LoadedPolicy(parsePolicies(text, 'default.yaml')),
    new LoadedPolicy(parsePolicies(more, 'more.yaml')),
  ];
}

function lineOf(n: number): string {
  const lines = [
    `cd /app && npm test 2>&1 | tail -n ${n}`,
    `git status --short src-${n}`,
    `git push origin feature-${n}`,
    `grep -rn 'x${n}' src | sort | uniq -c > /tmp/out`,
    `rm -rf build-${n}`,
  ];
  return lines[n % lines.length]!;
}

function decided(line: string): Draft {
  const { commands, unknown } = analyse(line, { cwd: '/srv' });
  return {
    at: 1_700_000_001_000_000,
    body: {
      ...{ type: 'command.decided', line, cwd: '/srv' },
      commands: commands.map(summarise),
      unknown: unknown.map(({ message }) => message),
      decision: { effect: 'allow', rule: 'default/commands', reason: 'no rule matches it', unjudged: false },
      allowed: true,
    },
  };
}
