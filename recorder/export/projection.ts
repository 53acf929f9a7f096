/** What an export is made of: a pure machine from the events of one session to text. */
import type { StoredEvent } from '../log/ports.ts';

export interface Projection {
  /** What stands before everything. */
  start(): string;
  /** The text of one event; empty where the format does not show it. */
  event(stored: StoredEvent): string;
  /** What was held back, and the end. */
  end(): string;
}
