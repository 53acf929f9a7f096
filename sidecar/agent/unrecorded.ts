/** Shells that ran although nobody could record them, because the policy says so: the gap is recorded as soon as it can be. */
import { SYSTEM } from '../../recorder/audit/units.ts';
import type { Guard } from '../session/session-log.ts';

export class Unrecorded {
  readonly #guard: Pick<Guard, 'journal' | 'clock'>;
  #shells = 0;
  #from = 0;

  constructor(guard: Pick<Guard, 'journal' | 'clock'>) {
    this.#guard = guard;
  }

  /** One more. */
  note(): void {
    if (this.#shells === 0) this.#from = this.#guard.clock.now();
    this.#shells += 1;
  }

  /** To be called where something was recorded. Tries again the next time where it fails. */
  async tell(): Promise<void> {
    if (this.#shells === 0) return;
    const { journal, clock } = this.#guard;
    const [shells, from] = [this.#shells, this.#from];
    this.#shells = 0;
    const reason = `${shells} shells ran unrecorded, as the policy says (onRecorderFailure: continue)`;
    const gap = { type: 'gap', reason, from, lost: { events: 2 * shells } } as const;
    await journal.append(SYSTEM, [{ at: clock.now(), body: gap }]).catch(() => {
      this.#shells += shells;
      this.#from = from;
    });
  }
}
