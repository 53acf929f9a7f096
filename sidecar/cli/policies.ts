/** The policy in force, for one process: read from DATA/policy.yaml, watched, and its changes recorded. */
import { join } from 'node:path';
import { type DraftBody, SYSTEM } from '../../recorder/audit/event.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import { systemClock } from '../clock.ts';
import { PolicyFile } from '../policy/policy-file.ts';
import type { Evidence } from './evidence.ts';
import { visible } from './format.ts';

/** `CHAPERONE_POLICY` names another file than the data directory's own. */
export function policyPath(data: string): string {
  return process.env.CHAPERONE_POLICY || join(data, 'policy.yaml');
}

/**
 * Loads the policy and keeps it up to date. Who holds the store records the changes; a shell beside a running
 * recorder follows the same file, and its sessions name the policy that they started under.
 * @throws ChaperoneError `POLICY_INVALID` for a file that is broken at the start, with line and column
 */
export function watchPolicy(data: string, evidence: Evidence): Promise<PolicyFile> {
  const path = policyPath(data);
  if (evidence.remote) return PolicyFile.open(path).catch(nothingRuns);
  const record = (body: DraftBody) => {
    // A store that cannot take this refuses the next command as well, and says so where it is seen.
    evidence.journal.append(SYSTEM, [{ at: systemClock.now(), body }]).catch(() => undefined);
  };
  return PolicyFile.open(path, {
    onLoaded: (policy) => record({ type: 'policy.loaded', digest: policy.digest, source: path }),
    onRejected: (error) => {
      say(`${error.message}; the former policy stays in force`);
      record({ type: 'policy.rejected', source: path, error: error.message });
    },
    onMended: () => say(`${path} is valid again, and in force`),
  }).catch(nothingRuns);
}

/** At the start there is no former policy to keep. */
function nothingRuns(error: unknown): never {
  if (error instanceof ChaperoneError && error.code === 'POLICY_INVALID')
    throw new ChaperoneError(error.code, `${error.message}; nothing runs until that is corrected`, {
      cause: error,
    });
  throw error;
}

/** A terminal in raw mode, as under a guarded shell, goes back to the first column only when told. */
function say(message: string): void {
  const line = `chaperone: ${visible(message)}`;
  process.stderr.write(process.stdin.isRaw ? `\r\n${line}\r\n` : `${line}\n`);
}
