/** What a line of kubectl is about. */
import type { Known } from '../known.ts';
import type { Kind } from './kinds.ts';

export interface Target {
  kind: Kind;
  /** Empty where none is named: all, or what a selector finds. Null where it is computed. */
  name: Known;
  /** As the object itself says. */
  namespace?: Known;
}
