/** What a former recorder left undecided, or decided and not used, read from the recorder's own events. */
import type { AuditEvent } from '../audit/event.ts';
import { type Micros, SYSTEM } from '../audit/units.ts';
import type { Archive, StoredEvent } from '../log/ports.ts';
import { type Approval, type ApprovalEvent, after, isOver, LONGEST, requested } from './approval.ts';

type Events = Pick<Archive, 'events'>;

/** A request may wait for the longest time, and what was decided may hold as long again. */
const BACK: Micros = 2 * LONGEST;

/** How far the clock may have been set back before what was decided counts for nothing. */
const SETBACK: Micros = 1_000_000;

/** Where the clock was set back since, nobody can tell how long a decision still holds: then it does no longer. */
export async function restored(archive: Events, now: Micros): Promise<Approval[]> {
  const approvals = new Map<string, Approval>();
  let last: Micros = 0;
  for await (const { event } of eventsSince(archive, now - BACK, { content: false })) {
    last = event.at;
    const body = approvalEventOf(event);
    if (body === null) continue;
    const known = approvals.get(body.id);
    if (body.type === 'approval.requested') approvals.set(body.id, requested(body, event.at));
    else if (known !== undefined) approvals.set(body.id, after(known, body, event.at));
  }
  const isSetBack = last - now > SETBACK;
  return [...approvals.values()].filter((approval) =>
    isSetBack ? approval.settled === null : !isOver(approval, now),
  );
}

/** The recorder's own events from a time on. */
export async function* eventsSince(
  archive: Events,
  time: Micros,
  { content }: { content: boolean },
): AsyncGenerator<StoredEvent> {
  yield* archive.events(SYSTEM, { from: await firstSince(archive, time), content });
}

/** Null for an event of something else. */
export function approvalEventOf({ body }: AuditEvent): ApprovalEvent | null {
  switch (body.type) {
    case 'approval.requested':
    case 'approval.voted':
    case 'approval.settled':
    case 'approval.used':
    case 'approval.returned':
    case 'approval.revoked':
      return body;
    default:
      return null;
  }
}

/** The place of the first event at or after a time, in few looks: there may be years of them. */
async function firstSince(archive: Events, time: Micros): Promise<number> {
  let low = 0;
  let high = 1;
  for (;;) {
    const at = await timeOf(archive, high);
    if (at === null || at >= time) break;
    low = high;
    high *= 2;
  }
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const at = await timeOf(archive, middle);
    if (at === null || at >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}

async function timeOf(archive: Events, seq: number): Promise<Micros | null> {
  for await (const { event } of archive.events(SYSTEM, { from: seq, content: false })) return event.at;
  return null;
}
