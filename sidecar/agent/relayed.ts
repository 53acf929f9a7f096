/** The output of one shell, as its launcher hands it over: recorded, and acknowledged when it is stored. */
import type { OutputRecorder } from '../session/output-recorder.ts';
import type { SessionLog } from '../session/session-log.ts';
import { malformed } from './fields.ts';
import type { DataStream, Offsets } from './shell-frame.ts';

export interface RelayedOptions {
  log: SessionLog;
  streams: readonly DataStream[];
  /** What is stored of them already. */
  stored: Offsets;
  acknowledge: (stored: Offsets) => void;
  throttle: (stop: boolean) => void;
  failed: (error: unknown) => void;
  /** Told of bytes that were shown unrecorded, where that may be; where it may not they end the connection. */
  lost?: ((bytes: number) => void) | undefined;
}

interface Stream {
  recorder: OutputRecorder;
  received: number;
}

export class Relayed {
  readonly #options: RelayedOptions;
  readonly #streams = new Map<DataStream, Stream>();
  readonly #stored: Offsets;
  readonly #full = new Set<DataStream>();
  #last: Stream | null = null;
  #told = true;

  constructor(options: RelayedOptions) {
    this.#options = options;
    this.#stored = { ...options.stored };
    for (const name of options.streams) this.#streams.set(name, this.#open(name));
  }

  get stored(): Offsets {
    return { ...this.#stored };
  }

  /** @throws ChaperoneError `USAGE` where it does not follow what came before */
  push(name: DataStream, offset: number, bytes: Buffer): void {
    const stream = this.#streams.get(name);
    if (stream === undefined || offset < stream.received) throw malformed('output out of place');
    if (offset > stream.received) this.#miss(name, stream, offset - stream.received);
    // What came first is recorded first, whichever stream it came by.
    if (this.#last !== stream) this.#last?.recorder.flush();
    this.#last = stream;
    stream.received += bytes.length;
    stream.recorder.push(bytes);
  }

  #miss(name: DataStream, stream: Stream, bytes: number): void {
    const { lost } = this.#options;
    if (lost === undefined) throw malformed('output out of place');
    stream.received += bytes;
    this.#stored[name] += bytes;
    lost(bytes);
  }

  /** Resolves when all that came is stored, and nothing of it is held back. */
  async settled(): Promise<void> {
    await Promise.all([...this.#streams.values()].map(({ recorder }) => recorder.settled()));
  }

  #open(name: DataStream): Stream {
    const { log, failed, throttle } = this.#options;
    const recorder = log.output({
      ...(name === 'stderr' && { stream: 'stderr' }),
      forward: (_, covers) => this.#isStored(name, covers),
      throttle: (stop) => {
        if (stop) this.#full.add(name);
        else this.#full.delete(name);
        throttle(this.#full.size > 0);
      },
      failed,
    });
    return { recorder, received: this.#stored[name] };
  }

  /** Many that are stored at once are told of at once. */
  #isStored(name: DataStream, covers: number): void {
    this.#stored[name] += covers;
    if (!this.#told) return;
    this.#told = false;
    queueMicrotask(() => {
      this.#told = true;
      this.#options.acknowledge(this.stored);
    });
  }
}
