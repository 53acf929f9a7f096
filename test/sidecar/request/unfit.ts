import { type Refusal, Unfit } from '../../../sidecar/request/refusal.ts';

/** How a step says no to a request; null where it does not. */
export function refusalOf(step: () => unknown): Refusal | null {
  try {
    step();
    return null;
  } catch (error) {
    if (error instanceof Unfit) return error.refusal;
    throw error;
  }
}
