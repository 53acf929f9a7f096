/**
 * One shell behind a launcher, from its verdict to its end: what it prints is stored and then acknowledged. It outlives the
 * connection: a launcher that lost it comes back with the session's token.
 */
import type { TerminalSize } from '../../recorder/audit/session.ts';
import type { SessionId } from '../../recorder/audit/units.ts';
import { explainFailure, failureStatus, type Outcome, type SessionLog } from '../session/session-log.ts';
import { malformed } from './fields.ts';
import { Relayed } from './relayed.ts';
import type { Script } from './script.ts';
import type { DataStream, LauncherFrame, Offsets } from './shell-frame.ts';
import type { Talk } from './talk.ts';

export interface RecordedShellOptions {
  session: SessionId;
  log: SessionLog;
  streams: readonly DataStream[];
  stored?: Offsets;
  /** It was refused, and runs no more than to say so. */
  refused?: boolean;
  /** Whether the policy lets it go on unrecorded. */
  continues: () => boolean;
  /** Milliseconds in which a launcher that lost its connection may come back. */
  patience: number;
  /** Once, when its end is recorded, or cannot be. */
  over: () => void;
}

const NOTHING: Offsets = { stdout: 0, stderr: 0, terminal: 0 };

export class RecordedShell {
  readonly session: SessionId;
  readonly log: SessionLog;
  readonly #options: RecordedShellOptions;
  readonly #output: Relayed;
  #talk: Talk | null = null;
  #script: Script | null = null;
  #ended: Outcome | null = null;
  #failed: Outcome | null = null;
  #size: TerminalSize | null = null;
  #resizing: Promise<void> | null = null;
  #patience: NodeJS.Timeout | undefined;
  #over = false;

  constructor(options: RecordedShellOptions) {
    const { session, log, streams, stored = NOTHING } = options;
    this.#options = options;
    this.session = session;
    this.log = log;
    this.#output = new Relayed({
      ...{ log, streams, stored },
      acknowledge: (now) => this.#talk?.say({ kind: 'ack', stored: now }),
      throttle: (stop) => this.#talk?.hold(stop),
      failed: (error) => this.fail(error),
      lost: options.continues() ? (bytes) => this.#missed(bytes) : undefined,
    });
  }

  /** @param script what judges its standard input, where that is its script */
  begin(talk: Talk, script: Script | null = null): void {
    this.#script = script;
    this.#attach(talk);
  }

  /** On another connection. The former one, which may not be known to be broken yet, is left. */
  async resume(talk: Talk, hadScript = false): Promise<void> {
    const former = this.#talk;
    this.#talk = null;
    former?.destroy();
    clearTimeout(this.#patience);
    await this.#output.settled();
    if (this.#over || this.#failed !== null) {
      talk.say(closing(this.#failed));
      talk.end();
      return;
    }
    this.#attach(talk);
    talk.say({ kind: 'ack', stored: this.#output.stored });
    if (hadScript || this.#script !== null) talk.say(UNJUDGED);
    this.#script = null;
  }

  /** Ends it from outside. */
  stop(reason: string): void {
    this.#failed ??= { reason: 'failed', status: 126, error: reason };
    this.#talk?.say(closing(this.#failed));
  }

  /** Lets go of the connection: the launcher holds back what is not stored, and comes back. */
  leave(): void {
    clearTimeout(this.#patience);
    this.#over = true;
    this.#talk?.destroy();
  }

  #attach(talk: Talk): void {
    this.#talk?.destroy();
    this.#talk = talk;
    talk.listen({
      heard: (frame) => {
        if (this.#talk === talk) this.#heard(frame);
      },
      gone: () => {
        if (this.#talk === talk) this.#lost();
      },
    });
  }

  #lost(): void {
    this.#talk = null;
    if (this.#over) return;
    const error = 'its launcher was lost, and how it ended is not known';
    const lost: Outcome = { reason: 'failed', status: 129, error };
    this.#patience = setTimeout(() => void this.#finish(lost), this.#options.patience);
    this.#patience.unref();
  }

  #heard(frame: LauncherFrame): void {
    switch (frame.kind) {
      case 'data':
        this.#output.push(frame.stream, frame.offset, frame.bytes);
        return;
      case 'resize':
        this.#size = { cols: frame.columns, rows: frame.rows };
        this.#resizing ??= this.#recordSizes();
        return;
      case 'script':
        this.#script?.push(frame.offset, frame.bytes);
        return;
      case 'exited':
        this.#ended = outcomeOf(frame, this.#options.refused ?? false);
        // What is held back may be the beginning of a secret; but the shell waits for its last words to be let go.
        void this.#output.settled();
        return;
      case 'end': {
        const error = 'its launcher did not tell how it ended';
        void this.#finish({ reason: 'failed', status: 129, error });
        return;
      }
      case 'shell':
      case 'resume':
        throw malformed('it has begun already');
    }
  }

  #missed(bytes: number): void {
    const reason = 'what it printed while nobody recorded it is not here';
    this.log
      .append({ type: 'gap', reason, from: this.log.now(), lost: { bytes } })
      .catch((error: unknown) => this.fail(error));
  }

  /** However fast they come: one at a time, and the last of them. */
  async #recordSizes(): Promise<void> {
    while (this.#size !== null) {
      const size = this.#size;
      this.#size = null;
      await this.log.append({ type: 'session.resize', ...size }).catch((error: unknown) => this.fail(error));
    }
    this.#resizing = null;
  }

  /** @param unknown what is recorded where nobody knows better */
  async #finish(unknown: Outcome): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#patience);
    await this.#output.settled();
    await this.log.end(this.#failed ?? this.#ended ?? unknown).catch(() => undefined);
    this.#talk?.end();
    this.#options.over();
  }

  /** It can no longer be recorded. */
  fail(error: unknown): void {
    this.#failed ??= { reason: 'failed', status: failureStatus(error), error: explainFailure(error) };
    this.#talk?.say(closing(this.#failed));
  }
}

function outcomeOf({ signal, code }: { signal: boolean; code: number }, refused: boolean): Outcome {
  if (signal) return { reason: 'signalled', status: Math.min(255, 128 + code) };
  return { reason: refused ? 'refused' : 'exited', status: code };
}

function closing(outcome: Outcome | null) {
  const message = Buffer.from(`${outcome?.error ?? 'chaperone: this session is over'}\n`);
  return { kind: 'close', message } as const;
}

const UNJUDGED = {
  kind: 'stop',
  status: 126,
  message: Buffer.from('chaperone: the rest of this script is not run, for it cannot be judged any more\n'),
} as const;
