/** Recorded actions that would be decided otherwise, grouped and counted in flat memory. */
import type { Decision } from '../../../recorder/audit/decision.ts';
import type { SessionId } from '../../../recorder/audit/units.ts';
import type { Missing } from './recorded.ts';
import { changeOf } from './redecide.ts';

export interface Example {
  session: SessionId;
  seq: number;
  at: number;
  /** The command line or the request in words. */
  text: string;
}

export interface Group {
  /** E.g. `allow → deny`. */
  change: string;
  /** What decides under each of the two. */
  from: string;
  to: string;
  reason: string;
  count: number;
  /** The newest, newest first. */
  examples: Example[];
}

/** Groups are pairs of rules: as many as two policies have, at most. */
const EXAMPLES = 5;

export class Changes {
  readonly #groups = new Map<string, Group>();
  readonly missing = new Map<Missing, number>();
  decided = 0;

  /** Both decisions on one action, which differ. */
  add(a: Decision, b: Decision, example: Example): void {
    const change = changeOf(a, b);
    const key = [change, a.rule, b.rule].join('\0');
    const group = this.#groups.get(key) ?? {
      ...{ change, from: a.rule, to: b.rule, reason: b.reason },
      count: 0,
      examples: [],
    };
    this.#groups.set(key, group);
    group.count += 1;
    group.examples.push(example);
    group.examples.sort((one, other) => other.at - one.at);
    group.examples.length = Math.min(group.examples.length, EXAMPLES);
  }

  miss(why: Missing): void {
    this.missing.set(why, (this.missing.get(why) ?? 0) + 1);
  }

  get changed(): number {
    return [...this.#groups.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** What is refused that was allowed comes first; of two alike what is more. */
  groups(): Group[] {
    const weight = ({ change }: Group) => (change.endsWith('deny') ? 0 : change.endsWith('ask') ? 1 : 2);
    return [...this.#groups.values()].sort((a, b) => weight(a) - weight(b) || b.count - a.count);
  }
}
