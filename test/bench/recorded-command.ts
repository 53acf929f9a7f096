/**
 * A child of the PTY benchmark: `node recorded-command.ts DATA COMMAND…` runs the command under our recorder on its own terminal, as
 * `chaperone shell -- COMMAND` does, and tells in the file BENCH_SIZES how large this process grew.
 */
import { writeFileSync } from 'node:fs';
import { AuditLog } from '../../recorder/log/audit-log.ts';
import { systemClock } from '../../sidecar/clock.ts';
import { analyse, analyseArgv } from '../../sidecar/command/analyse.ts';
import type { PolicyInForce } from '../../sidecar/gate.ts';
import { Gate } from '../../sidecar/gate.ts';
import { runShell } from '../../sidecar/shell/run-shell.ts';
import { processSignals } from '../../sidecar/shell/signals.ts';
import { ProcessTerminal } from '../../sidecar/shell/terminal.ts';

const [data = '', ...argv] = process.argv.slice(2);
const policy: PolicyInForce = {
  digest: 'bench',
  decide: () => ({ effect: 'allow', rule: 'bench/all', reason: 'a benchmark', unjudged: false }),
};

/** Resident memory in MB, each time output of another `STEP` bytes has passed. */
const STEP = 100e6;
const sizes: number[] = [];
let passed = 0;
class MeasuredTerminal extends ProcessTerminal {
  override write(bytes: Uint8Array): Promise<void> {
    passed += bytes.length;
    if (passed > STEP * (sizes.length + 1)) sizes.push(process.memoryUsage.rss() / 1e6);
    return super.write(bytes);
  }
}

const journal = await AuditLog.open({ data });
const { status } = await runShell({
  guard: {
    journal,
    gate: new Gate({ journal, clock: systemClock, policy: () => policy }),
    clock: systemClock,
    policy: () => policy.digest,
    analyse,
    analyseArgv,
  },
  session: '01J00000000000000000000000',
  identity: { user: 'bench', groups: [], proof: 'claimed' },
  cwd: process.cwd(),
  request: { kind: 'argv', argv },
  stdio: new MeasuredTerminal(),
  env: Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  ),
  signals: processSignals,
});
await journal.close();
if (process.env.BENCH_SIZES !== undefined) writeFileSync(process.env.BENCH_SIZES, JSON.stringify(sizes));
process.exit(status);
