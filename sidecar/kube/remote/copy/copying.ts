/** `kubectl cp`: the files that pass are recorded, one event each, instead of the archive that holds them. */
import type { DraftBody } from '../../../../recorder/audit/event.ts';
import type { OutputChannel, OutputSink, Show } from '../output.ts';
import type { Passage, StdinGate } from '../stdin.ts';
import { type Copy, placeOf } from './command.ts';
import { type Passed, TarReader } from './tar.ts';

export interface CopyingOptions {
  copy: Copy;
  /** Resolves when it is stored. */
  record: (body: DraftBody) => Promise<void>;
  /** Whether a known secret is in it. */
  holdsSecret: (content: Uint8Array) => boolean;
}

export class Copying {
  readonly #options: CopyingOptions;
  readonly #reader = new TarReader();
  #over = false;

  constructor(options: CopyingOptions) {
    this.#options = options;
  }

  /** Resolves when every file that ends in `bytes` is recorded: then they may go on. @throws Malformed */
  async passes(bytes: Uint8Array): Promise<void> {
    for (const passed of this.#reader.push(Buffer.from(bytes))) await this.#record(passed);
  }

  /** No more will pass: a file that breaks off is recorded as far as it came. */
  async end(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    const partial = this.#reader.partial();
    if (partial !== null) await this.#record(partial, true);
  }

  #record({ member, content }: Passed, cut = false): Promise<void> {
    const { copy, record, holdsSecret } = this.#options;
    const { sha256, ...rest } = member;
    // Whoever has the digest of a short secret can try guesses against it.
    const telling = content !== null && holdsSecret(content);
    return record({
      ...{ type: 'session.file', direction: copy.direction, ...rest, path: placeOf(copy, member.path) },
      ...(sha256 !== undefined && !telling && { sha256 }),
      ...(cut && { cut }),
    });
  }
}

/** Files that are copied into the container. */
export class CopiedInput implements StdinGate {
  readonly #copying: Copying;

  constructor(copying: Copying) {
    this.#copying = copying;
  }

  async write(bytes: Uint8Array): Promise<Passage> {
    await this.#copying.passes(bytes);
    return { pass: bytes };
  }

  async end(): Promise<Passage> {
    await this.#copying.end();
    return { pass: new Uint8Array() };
  }
}

/** Files that are copied out of the container; what tar complains of is output like any other. */
export class CopiedOutput implements OutputSink {
  readonly #copying: Copying;
  readonly #output: OutputSink;
  readonly #show: Show;

  constructor(copying: Copying, output: OutputSink, show: Show) {
    this.#copying = copying;
    this.#output = output;
    this.#show = show;
  }

  async write(channel: OutputChannel, bytes: Uint8Array): Promise<void> {
    if (channel === 'stderr') return this.#output.write(channel, bytes);
    await this.#output.settled();
    await this.#copying.passes(bytes);
    await this.#show(channel, bytes);
  }

  settled(): Promise<void> {
    return this.#output.settled();
  }
}
