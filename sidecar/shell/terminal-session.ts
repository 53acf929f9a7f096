/** A session on a terminal: a child on a PTY, its screen recorded and shown, its keys and its size passed on. */
import type { TerminalSize } from '../../recorder/audit/session.ts';
import { InputRecorder } from '../session/input-recorder.ts';
import { explainFailure, failureStatus, type Outcome, type SessionLog } from '../session/session-log.ts';
import { type Ending, Pty } from './pty.ts';
import { Ender, forwardSignals, type SignalSource } from './signals.ts';
import type { TerminalPort } from './terminal.ts';

export interface TerminalSessionOptions {
  log: SessionLog;
  terminal: TerminalPort;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  /** Whether the policy asks for what is typed. */
  recordInput: boolean;
  signals: SignalSource;
  /** Told of Ctrl-C before the child is. */
  interrupted?: () => void;
}

const CTRL_C = 0x03;

export class TerminalSession {
  readonly #options: TerminalSessionOptions;
  readonly #pty: Pty;
  readonly #input: InputRecorder | null;
  readonly #ender: Ender;
  readonly #output: ReturnType<SessionLog['output']>;
  #failure: { error: unknown } | null = null;

  /** Starts the child. */
  constructor(options: TerminalSessionOptions) {
    const { log, terminal, argv, env, cwd, recordInput } = options;
    this.#options = options;
    this.#input = recordInput ? new InputRecorder(log, (error) => this.fail(error)) : null;
    this.#output = log.output({
      forward: (bytes) => terminal.write(bytes).catch(() => this.#hangUp()),
      throttle: (stop) => (stop ? this.#pty.pause() : this.#pty.resume()),
      failed: (error) => this.fail(error),
    });
    this.#pty = new Pty(
      { argv, env, cwd, size: terminal.size() },
      {
        data: (bytes) => {
          this.#input?.shown(bytes);
          this.#output.push(bytes);
        },
        drained: () => terminal.hold(false),
      },
    );
    this.#ender = new Ender(this.#pty);
  }

  /** Resolves when the child is gone and all that it showed is stored and shown. */
  async run(): Promise<Outcome> {
    const { terminal, signals } = this.#options;
    const stopForwarding = forwardSignals(signals, this.#pty, this.#ender);
    const detach = terminal.attach({
      typed: (bytes) => this.#type(bytes),
      resized: (size) => this.#resize(size),
      gone: () => this.#hangUp(),
    });
    try {
      const ending = await this.#pty.ended;
      this.#input?.end();
      await this.#output.settled();
      return this.#outcome(ending);
    } finally {
      this.#ender.done();
      detach();
      stopForwarding();
    }
  }

  /** What cannot be recorded must not happen: the child loses its terminal, and nothing more is shown. */
  fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = { error };
    this.#ender.end('SIGHUP');
  }

  #type(bytes: Uint8Array): void {
    const { terminal, interrupted } = this.#options;
    if (bytes.includes(CTRL_C)) interrupted?.();
    this.#input?.typed(bytes);
    if (!this.#pty.write(bytes)) terminal.hold(true);
  }

  #resize(size: TerminalSize): void {
    this.#pty.resize(size);
    this.#options.log.append({ type: 'session.resize', ...size }).catch((error) => this.fail(error));
  }

  #hangUp(): void {
    this.#ender.end('SIGHUP');
  }

  #outcome({ status, signal }: Ending): Outcome {
    if (this.#failure === null) return { reason: signal === null ? 'exited' : 'signalled', status };
    const { error } = this.#failure;
    return { reason: 'failed', status: failureStatus(error), error: explainFailure(error) };
  }
}
