/** The policy in force, for one process: read from DATA/policy.yaml, watched, and its changes recorded. */
import { join } from 'node:path';
import type { DraftBody } from '../../recorder/audit/event.ts';
import { SYSTEM } from '../../recorder/audit/units.ts';
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
export async function watchPolicy(data: string, evidence: Evidence): Promise<PolicyFile> {
  const path = policyPath(data);
  if (evidence.remote) return PolicyFile.open(path).catch(nothingRuns);
  // A store that cannot take this refuses the next command as well, and says so where it is seen.
  const record = (body: DraftBody) =>
    evidence.journal.append(SYSTEM, [{ at: systemClock.now(), body }]).catch(() => undefined);
  const history = new PolicyHistory(path, record);
  try {
    return await PolicyFile.open(path, {
      onLoaded: (policy) => history.loaded(policy.digest),
      onRejected: (error) => {
        say(`${error.message}; the former policy stays in force`);
        history.rejected(error.message);
      },
      onMended: () => {
        say(`${path} is valid again, and in force`);
        history.mended();
      },
    });
  } catch (error) {
    if (error instanceof ChaperoneError) await history.rejected(error.message);
    return nothingRuns(error);
  }
}

/** What the log says of a policy file: which policy came into force, what was refused, and which one stayed. */
export class PolicyHistory {
  readonly #source: string;
  readonly #record: (body: DraftBody) => Promise<void>;
  #inForce: string | null = null;
  #refused = false;

  constructor(source: string, record: (body: DraftBody) => Promise<void>) {
    this.#source = source;
    this.#record = record;
  }

  loaded(digest: string): Promise<void> {
    this.#inForce = digest;
    this.#refused = false;
    return this.#record({ type: 'policy.loaded', digest, source: this.#source });
  }

  rejected(error: string): Promise<void> {
    this.#refused = true;
    const kept = this.#inForce === null ? {} : { kept: this.#inForce };
    return this.#record({ type: 'policy.rejected', source: this.#source, error, ...kept });
  }

  /** Where the file says again what was in force all the time, the log has to say that too. */
  mended(): Promise<void> {
    return this.#refused && this.#inForce !== null ? this.loaded(this.#inForce) : Promise.resolve();
  }
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
