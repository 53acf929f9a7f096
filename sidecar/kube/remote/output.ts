/** What the server sends for the person to see: where it goes before it is shown. */
import type { OutputRecorder, OutputRecorderOptions } from '../../session/output-recorder.ts';

export type OutputChannel = 'stdout' | 'stderr';

/** Sends to the person what was stored. */
export type Show = (channel: OutputChannel, bytes: Uint8Array) => Promise<void>;

/** Keeps output in order over both channels: it is on its way to the person only after it was stored. */
export interface OutputSink {
  /** Resolves when more may come. */
  write(channel: OutputChannel, bytes: Uint8Array): Promise<void>;
  /** Resolves when everything so far is stored and shown. */
  settled(): Promise<void>;
}

/** So often the streams may take turns before anything of them is waited for: each turn is an event of its own. */
const MOST_TURNS = 64;

/** What a recorder is told that makes one of two streams. */
export type Recording = Pick<OutputRecorderOptions, 'throttle' | 'after'>;

/**
 * As the session's own output: what a terminal shows, or two streams that a replay joins. Both are stored and shown in
 * the order in which they came: what one has collected goes to the journal before the other begins, and is shown before.
 */
export class RecordedOutput implements OutputSink {
  readonly #recorders: Record<OutputChannel, Gated>;
  #last: OutputChannel = 'stdout';
  #turns = 0;

  constructor(record: (channel: OutputChannel, recording: Recording) => OutputRecorder) {
    const gated = (channel: OutputChannel) => new Gated((recording) => record(channel, recording));
    this.#recorders = { stdout: gated('stdout'), stderr: gated('stderr') };
  }

  async write(channel: OutputChannel, bytes: Uint8Array): Promise<void> {
    const now = this.#recorders[channel];
    if (channel !== this.#last) {
      now.follow(this.#recorders[this.#last]);
      if (++this.#turns % MOST_TURNS === 0) await now.before;
    }
    this.#last = channel;
    now.recorder.push(bytes);
    await now.open();
  }

  async settled(): Promise<void> {
    await this.#recorders[this.#last === 'stdout' ? 'stderr' : 'stdout'].recorder.settled();
    await this.#recorders[this.#last].recorder.settled();
  }
}

/** A recorder, and a promise for when it takes more. */
class Gated {
  readonly recorder: OutputRecorder;
  #closed: PromiseWithResolvers<void> | null = null;
  /** When what came before on the other stream is shown. */
  before: Promise<void> = Promise.resolve();

  constructor(record: (recording: Recording) => OutputRecorder) {
    this.recorder = record({
      throttle: (stop) => {
        this.#closed?.resolve();
        this.#closed = stop ? Promise.withResolvers() : null;
      },
      after: () => this.before,
    });
  }

  /** What comes from now on stands behind all that `other` has. */
  follow({ recorder }: Gated): void {
    this.before = recorder.passed();
  }

  readonly open = (): Promise<void> => this.#closed?.promise ?? Promise.resolve();
}
