/** What waits for a person and what is over, as the recorder's lines tell it. Pure; times in microseconds. */
import type { ApprovalMark } from '../../recorder/audit/decision.ts';
import type { Micros } from '../../recorder/audit/units.ts';
import { approvalText } from '../../recorder/export/labels.ts';
import type { ApprovalLine } from '../../recorder/server/api.ts';
import type { ApprovalView } from '../api.ts';

export type Asks = ReadonlyMap<string, ApprovalView>;

/** As many as a recorder shows that are over. */
const MOST_OVER = 500;

/** @param lines in the order in which they came: several are taken at once, for there may be thousands */
export function told(asks: Asks, lines: readonly ApprovalLine[]): Asks {
  let next = new Map(asks);
  for (const line of lines) {
    if ('all' in line) next = new Map(line.all.map((view) => [view.id, view]));
    else for (const view of 'more' in line ? line.more : [line.changed]) put(next, view);
  }
  return withoutOldest(next);
}

/** What was over stays so: an answer and the stream may come in any order. */
function put(asks: Map<string, ApprovalView>, view: ApprovalView): void {
  const known = asks.get(view.id);
  if (known === undefined || known.state === 'pending' || view.state !== 'pending') asks.set(view.id, view);
}

function withoutOldest(asks: Asks): Asks {
  const tooOld = new Set(
    overOf(asks)
      .slice(MOST_OVER)
      .map(({ id }) => id),
  );
  if (tooOld.size === 0) return asks;
  return new Map([...asks].filter(([id]) => !tooOld.has(id)));
}

/** The oldest first: what comes shifts nothing that somebody is about to click. */
export function waitingOf(asks: Asks): ApprovalView[] {
  const waiting = [...asks.values()].filter(({ state }) => state === 'pending');
  return waiting.sort((a, b) => a.requestedAt - b.requestedAt || (a.id < b.id ? -1 : 1));
}

/** The newest first. */
export function overOf(asks: Asks): ApprovalView[] {
  const over = [...asks.values()].filter(({ state }) => state !== 'pending');
  return over.sort((a, b) => (b.settledAt ?? 0) - (a.settledAt ?? 0));
}

/** What can still be taken back: until when it would pass; null where nothing passes by it. */
export function passesUntil(view: ApprovalView, now: Micros): Micros | null {
  const { state, revoked, used, grantedUntil = 0, settledAt = 0, terms } = view;
  if (state !== 'approved' || revoked) return null;
  const until = Math.max(grantedUntil, used ? 0 : settledAt + terms.validity);
  return until > now ? until : null;
}

/** `approved by admin (go on)`. Not made safe to show. */
export function outcomeOf(view: ApprovalView): string {
  const { id, state, by, votes, revoked } = view;
  const who = by === undefined ? votes.map(({ user }) => user) : [by];
  const comment = votes.findLast((vote) => vote.comment !== undefined)?.comment;
  const mark = { id, by: [...new Set(who)], ...(comment !== undefined && { comment }) };
  const text = approvalText({ ...mark, state: state as ApprovalMark['state'] });
  return revoked ? `${text}, revoked` : text;
}
