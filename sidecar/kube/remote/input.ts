/** Input that is recorded, where the policy says so: what a gate lets pass. */
import type { DraftBody } from '../../../recorder/audit/event.ts';
import type { InputRecorder } from '../../session/input-recorder.ts';
import type { TerminalSize } from '../wire/remotecommand.ts';
import type { Passage, StdinGate } from './stdin.ts';

/** The content of one event, as of output. */
const EVENT_BYTES = 1 << 16;

/** Without a terminal: recorded before it goes on. */
export class PipedInput implements StdinGate {
  readonly #gate: StdinGate;
  readonly #record: (body: DraftBody) => Promise<void>;

  constructor(gate: StdinGate, record: (body: DraftBody) => Promise<void>) {
    this.#gate = gate;
    this.#record = record;
  }

  async write(bytes: Uint8Array): Promise<Passage> {
    return this.#recorded(await this.#gate.write(bytes));
  }

  async end(): Promise<Passage> {
    return this.#recorded(await this.#gate.end());
  }

  async #recorded(passage: Passage): Promise<Passage> {
    for (let at = 0; at < passage.pass.length; at += EVENT_BYTES)
      await this.#record({ type: 'session.input', content: passage.pass.subarray(at, at + EVENT_BYTES) });
    return passage;
  }
}

/** With a terminal: recorded when it was echoed, and never where it is not. */
export class EchoedInput implements StdinGate {
  readonly #gate: StdinGate;
  readonly #recorder: InputRecorder;

  constructor(gate: StdinGate, recorder: InputRecorder) {
    this.#gate = gate;
    this.#recorder = recorder;
  }

  async write(bytes: Uint8Array): Promise<Passage> {
    const passage = await this.#gate.write(bytes);
    this.#recorder.typed(passage.pass);
    return passage;
  }

  end(): Promise<Passage> {
    return this.#gate.end();
  }

  async shown(bytes: Uint8Array): Promise<void> {
    await this.#gate.shown?.(bytes);
    this.#recorder.shown(bytes);
  }

  async resized(size: TerminalSize): Promise<void> {
    await this.#gate.resized?.(size);
  }
}
