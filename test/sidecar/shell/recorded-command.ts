/**
 * A child of a test: `node recorded-command.ts DATA COMMAND…` runs the command under our recorder on its own terminal, as
 * `chaperone shell -- COMMAND` does, whatever the policy.
 */

import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { systemClock } from '../../../sidecar/clock.ts';
import { analyse, analyseArgv } from '../../../sidecar/command/analyse.ts';
import type { PolicyInForce } from '../../../sidecar/gate.ts';
import { Gate } from '../../../sidecar/gate.ts';
import { newVault } from '../../../sidecar/mask/new-vault.ts';
import { runShell } from '../../../sidecar/shell/run-shell.ts';
import { ProcessTerminal } from '../../../sidecar/shell/terminal.ts';

const [data = '', ...argv] = process.argv.slice(2);
const policy: PolicyInForce = {
  digest: 'test',
  decide: () => ({ effect: 'allow', rule: 'test/all', reason: 'a test', unjudged: false }),
};

const journal = await AuditLog.open({ data });
const { status } = await runShell({
  guard: {
    journal,
    gate: new Gate({ journal, clock: systemClock, policy: () => policy }),
    clock: systemClock,
    vault: newVault(),
    policy: () => policy.digest,
    analyse,
    analyseArgv,
  },
  session: '01J00000000000000000000000',
  identity: { user: 'test', groups: [], proof: 'claimed' },
  cwd: process.cwd(),
  request: { kind: 'argv', argv },
  stdio: new ProcessTerminal(),
  signals: process,
  env: Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  ),
});
await journal.close();
process.exit(status);
