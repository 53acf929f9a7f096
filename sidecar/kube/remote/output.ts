/** What the server sends for the person to see: where it goes before it is shown. */
import type { OutputRecorder } from '../../session/output-recorder.ts';

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

/** As the session's own output: what a terminal shows, or two streams that a replay joins. */
export class RecordedOutput implements OutputSink {
  readonly #recorders: Record<OutputChannel, Gated>;
  #last: OutputChannel = 'stdout';

  constructor(record: (channel: OutputChannel, throttle: (stop: boolean) => void) => OutputRecorder) {
    this.#recorders = { stdout: new Gated(record, 'stdout'), stderr: new Gated(record, 'stderr') };
  }

  async write(channel: OutputChannel, bytes: Uint8Array): Promise<void> {
    if (channel !== this.#last) await this.#recorders[this.#last].recorder.passed();
    this.#last = channel;
    const { recorder, open } = this.#recorders[channel];
    recorder.push(bytes);
    await open();
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

  constructor(
    record: (channel: OutputChannel, throttle: (stop: boolean) => void) => OutputRecorder,
    channel: OutputChannel,
  ) {
    this.recorder = record(channel, (stop) => {
      this.#closed?.resolve();
      this.#closed = stop ? Promise.withResolvers() : null;
    });
  }

  readonly open = (): Promise<void> => this.#closed?.promise ?? Promise.resolve();
}
