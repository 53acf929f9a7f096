/** What was decided, as the page shows it: of commands and of requests alike. */
import type { ApprovalMark } from '../../recorder/audit/decision.ts';
import type { BodyOf } from '../../recorder/audit/event.ts';

export type Verdict = 'refused' | 'unjudged' | 'allowed';

export interface Judged {
  verdict: Verdict;
  rule: string;
  reason: string;
  /** True where a human would have had to say yes. */
  asked: boolean;
  /** What the human said who was asked; null where nobody was. */
  approval: ApprovalMark | null;
  /** What could not be understood. */
  unknown: string[];
}

type Decided = Pick<BodyOf<'command.decided'>, 'decision' | 'allowed' | 'unknown' | 'approval'>;

export function judgedOf({ decision, allowed, unknown, approval }: Decided): Judged {
  const { rule, reason, effect, unjudged } = decision;
  const verdict = allowed ? (unjudged ? 'unjudged' : 'allowed') : 'refused';
  return { verdict, rule, reason, asked: effect === 'ask', approval: approval ?? null, unknown };
}
