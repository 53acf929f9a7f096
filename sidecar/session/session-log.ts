/**
 * One guarded session, from its first event to its last: judge, start, record then forward, end.
 */
import { hostname } from 'node:os';
import type { BodyOf, DraftBody } from '../../recorder/audit/event.ts';
import type { Identity } from '../../recorder/audit/identity.ts';
import type { Entrance, TerminalSize } from '../../recorder/audit/session.ts';
import type { Micros, SessionId } from '../../recorder/audit/units.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { Journal } from '../../recorder/log/ports.ts';
import type { CommandAction, RemotePlace, Verdict } from '../action.ts';
import type { Clock } from '../clock.ts';
import type { Gate, Waiting } from '../gate.ts';
import type { Vault } from '../mask/vault.ts';
import { VERSION } from '../version.ts';
import { OutputRecorder } from './output-recorder.ts';

/** Where every session gets its evidence and its verdicts from. */
export interface Guard {
  journal: Journal;
  gate: Gate;
  clock: Clock;
  /** Values that are masked in what is stored, and where policy says so in what is shown. */
  vault: Vault;
  /** Digest of the policy in force. */
  policy: () => string;
  /** `analyse` and `analyseArgv` of sidecar/command. */
  analyse: (line: string, context: Whereabouts) => CommandAction;
  analyseArgv: (argv: readonly string[], context: Whereabouts) => CommandAction;
}

/** Where a command would run. */
export interface Whereabouts {
  cwd: string;
  home?: string;
  /** For these see `Context` of sidecar/command/analyse.ts. */
  variables?: Readonly<Record<string, string>> | undefined;
  environment?: Readonly<Record<string, string>> | undefined;
  functions?: string;
  input?: 'judged' | 'empty';
}

export interface SessionOptions {
  guard: Guard;
  session: SessionId;
  identity: Identity;
  cwd: string;
  /** Where it is no shell of this machine. */
  entrance?: Entrance;
  /** Where it runs; by default this machine. */
  host?: string;
  /** Where its commands run, if that is in a container of the cluster. */
  remote?: RemotePlace | undefined;
  /** Aborts when who asks is gone: then nobody is asked on their behalf any more. */
  gone?: AbortSignal;
}

export interface Outcome {
  reason: BodyOf<'session.end'>['reason'];
  /** As a shell shows it: 128+n for signal n. */
  status: number;
  error?: string;
}

/** Exit status where nobody waited for one: a shell's own convention for who is hung up. */
export const HUNG_UP = 129;

/** The journal of one session, which keeps its events in the order in which things happened. */
export class SessionLog {
  readonly #options: SessionOptions;
  readonly #recorders: OutputRecorder[] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  start(command: readonly string[], terminal?: TerminalSize & { term: string }): Promise<void> {
    return this.append(this.#beginning(command, terminal));
  }

  /**
   * Begins with a decision, stored in one append; where it says no, that is all there is until its end.
   * @throws ChaperoneError where it cannot be recorded
   */
  startJudged(
    { command, terminal }: { command: readonly string[]; terminal?: TerminalSize & { term: string } },
    action: CommandAction,
    waiting: Waiting = {},
  ): Promise<Verdict> {
    const body = this.#beginning(command, terminal);
    return this.judge(action, { ...waiting, opening: { at: this.#options.guard.clock.now(), body } });
  }

  #beginning(command: readonly string[], terminal?: TerminalSize & { term: string }): DraftBody {
    const { guard, identity, cwd, entrance, host = hostname() } = this.#options;
    return {
      type: 'session.start',
      identity,
      host,
      command: [...command],
      cwd,
      ...(terminal === undefined ? {} : { terminal }),
      policy: guard.policy(),
      agent: VERSION,
      ...(entrance !== undefined && { entrance }),
    };
  }

  now(): Micros {
    return this.#options.guard.clock.now();
  }

  /** Output that came before is stored before. */
  append(body: DraftBody): Promise<void> {
    for (const recorder of this.#recorders) recorder.flush();
    const { guard, session } = this.#options;
    return guard.journal.append(session, [{ at: guard.clock.now(), body }]);
  }

  /** Whether a value that is known to be secret is in bytes that are all there. */
  holdsSecret(bytes: Uint8Array): boolean {
    return this.#options.guard.vault.known().mask(bytes, 'stars').masked;
  }

  judge(action: CommandAction, waiting: Waiting = {}): Promise<Verdict> {
    for (const recorder of this.#recorders) recorder.flush();
    const { guard, session, identity, remote, gone, entrance } = this.#options;
    const placed = remote === undefined ? action : { ...action, remote };
    const origin = entrance?.kind === 'remote' ? { origin: entrance.origin.session } : {};
    return guard.gate.judge(session, identity, placed, {
      ...(gone && { signal: gone }),
      ...origin,
      ...waiting,
    });
  }

  /** An output stream of this session: what is pushed is stored, and then forwarded. */
  output(receiver: {
    stream?: 'stderr';
    after?: () => Promise<void>;
    forward: (bytes: Uint8Array, covers: number) => Promise<void> | void;
    throttle: (stop: boolean) => void;
    failed: (error: unknown) => void;
  }): OutputRecorder {
    const { guard, session } = this.#options;
    const recorder = new OutputRecorder({
      journal: guard.journal,
      session,
      clock: guard.clock,
      mask: guard.vault.stream(),
      ...receiver,
    });
    this.#recorders.push(recorder);
    return recorder;
  }

  /** Where even the end cannot be recorded, the log shows the session as cut off; there is nobody left to tell. */
  async end(outcome: Outcome): Promise<void> {
    const body: DraftBody = { type: 'session.end', ...outcome };
    if (outcome.reason === 'failed') await this.append(body).catch(() => undefined);
    else await this.append(body);
  }
}

/** One line for the person whose session had to stop. */
export function explainFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `chaperone: this session is over, for it can no longer be recorded: ${message}`;
}

/** Exit status for a failure of ours. */
export function failureStatus(error: unknown): number {
  return error instanceof ChaperoneError ? error.exitCode : 1;
}
