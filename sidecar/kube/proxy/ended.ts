/** How a request ended, as the session of who asked has it. */
import type { DraftBody } from '../../../recorder/audit/event.ts';
import type { Micros } from '../../../recorder/audit/units.ts';
import type { Journal } from '../../../recorder/log/ports.ts';
import type { Clock } from '../../clock.ts';
import type { Principal } from '../credentials/bearers.ts';

export type RequestEnd = Omit<Extract<DraftBody, { type: 'request.ended' }>, 'type' | 'id' | 'micros'>;

/** Of which request it is the end. */
export interface EndOf {
  principal: Principal;
  id: string;
  /** When it was admitted. */
  since: Micros;
}

/** Resolves when it is stored. @throws ChaperoneError where it cannot be */
export function recordEnd(
  { journal, clock }: { journal: Journal; clock: Clock },
  { principal, id, since }: EndOf,
  end: RequestEnd,
): Promise<void> {
  const at = clock.now();
  const body: DraftBody = { type: 'request.ended', id, micros: at - since, ...end };
  return journal.append(principal.session, [{ at, body }]);
}
