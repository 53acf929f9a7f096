/** Records what is typed, where the policy asks for it, and never what the terminal does not show. */
import { EchoFilter } from './echo-filter.ts';
import type { SessionLog } from './session-log.ts';

/**
 * Input is the one thing that is recorded after the fact: whether it may be recorded at all is known only when the program has
 * answered it. The command that comes of it, and the output, are recorded before as always.
 */
export class InputRecorder {
  readonly #filter = new EchoFilter();
  readonly #log: SessionLog;
  readonly #failed: (error: unknown) => void;

  constructor(log: SessionLog, failed: (error: unknown) => void) {
    this.#log = log;
    this.#failed = failed;
  }

  typed(bytes: Uint8Array): void {
    this.#filter.typed(bytes);
  }

  shown(bytes: Uint8Array): void {
    this.#record(this.#filter.shown(bytes));
  }

  end(): void {
    this.#record(this.#filter.end());
  }

  #record(keys: string): void {
    if (keys === '') return;
    this.#log.append({ type: 'session.input', content: Buffer.from(keys) }).catch(this.#failed);
  }
}
