/** What policies say of actions that were recorded, pure. */
import type { Decision, Effect } from '../../../recorder/audit/decision.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { Micros } from '../../../recorder/audit/units.ts';
import type { Action } from '../../action.ts';
import { strictest } from '../decide.ts';
import type { Judgement } from '../judgement.ts';
import type { LoadedPolicy } from '../policy-file.ts';
import type { Missing, Recorded } from './recorded.ts';

/** The decision, or why it cannot be made from what is recorded. */
export type Redecided = { decision: Decision } | { missing: Missing };

/** @param asked by whom, and when */
export function redecide(
  policy: LoadedPolicy,
  recorded: Recorded,
  { identity, at }: { identity: Identity; at: Micros },
): Redecided {
  if ('missing' in recorded) return recorded;
  let decision: Decision | null = null;
  for (const world of recorded.worlds) {
    const judgements = policy.evaluate(world, identity, at);
    if (recorded.bodyless && judgements.some((one) => leansOnBody(one, world))) return { missing: 'body' };
    const its = strictest(judgements);
    if (decision !== null && !isSame(decision, its)) return { missing: recorded.open };
    decision ??= its;
  }
  return decision === null ? { missing: recorded.open } : { decision };
}

/** A rule was not sure of it; or it is a built-in one, which refuse what they cannot be sure of. */
function leansOnBody({ unknown, matches }: Judgement, world: Action): boolean {
  if (unknown || matches.some(({ certain }) => !certain)) return true;
  return world.kind === 'request' && matches.some(({ rule }) => rule.name.startsWith('builtin/'));
}

export function isSame(a: Decision, b: Decision): boolean {
  return a.effect === b.effect && a.unjudged === b.unjudged;
}

/** How a decision changes, in the words that a person sorts by. */
export function changeOf(a: Decision, b: Decision): string {
  return `${wordOf(a)} → ${wordOf(b)}`;
}

function wordOf({ effect, unjudged }: Decision): Effect | 'unjudged' {
  return unjudged ? 'unjudged' : effect;
}
