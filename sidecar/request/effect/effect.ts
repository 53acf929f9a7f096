/** What a request would do, of what the API server said when it was tried: for a human to see, and to be bound to. Pure. */
import type { RequestEffect } from '../../../recorder/audit/request.ts';
import type { Effect, Json } from '../../action.ts';
import type { Tried } from '../trial/trial.ts';
import { differences, replaced, settled } from './differences.ts';

type Done = Extract<Tried, { kind: 'done' }>;
type Place = readonly string[];

/** How an object is shown: JSON, masked. */
export interface Showing {
  text(object: Json): string;
  /** The most bytes that are kept. */
  keep: number;
}

/** Stands where the server makes up another value each time: a random name, the time. */
const ANEW = '(made anew each time)';

/** Places that differ between two trials of one write on one state. */
export function unsteady(first: Done, second: Done, subresource: string): Place[] {
  const of = ({ after }: Done) => settled(after ?? null, subresource);
  return differences(of(first), of(second)).map(({ at }) => at);
}

/** @param anew places that an approval cannot be bound to */
export function changeOf(
  { before, after, state }: Done,
  { subresource, anew, showing }: { subresource: string; anew: readonly Place[]; showing: Showing },
): Effect {
  const uid = state?.uid ?? '';
  const old = before === null ? null : settled(before, subresource);
  if (after === null) {
    const shown = shownOf({ before: old, after: null }, showing);
    return effect({ kind: 'deletion', uid, ...shown.withheld }, { uid }, shown.bytes);
  }
  const now = replaced(settled(after, subresource), anew, ANEW);
  const places = differences(old ?? undefined, now);
  const shown = shownOf({ before: old, after: now }, showing);
  const summary = { kind: 'change' as const, uid, places: places.length, ...shown.withheld };
  return effect(summary, { uid, places, anew }, shown.bytes);
}

export interface Listed {
  uids: readonly string[];
  names: readonly string[];
  /** What is left beyond those; true where the server does not say how many. */
  more: boolean;
}

export function collectionOf({ uids, names, more }: Listed, { text, keep }: Showing): Effect {
  const bytes = Buffer.from(text({ names: [...names] }));
  const summary = { kind: 'collection' as const, count: uids.length, more };
  return effect(summary, { uids: [...uids].sort(), more }, bytes.length > keep ? null : bytes);
}

export function podOf(uid: string): Effect {
  return effect({ kind: 'pod', uid }, { uid }, null);
}

export function unknownEffect(why: string): Effect {
  return effect({ kind: 'unknown', why }, null, null);
}

function effect(summary: RequestEffect, bound: object | null, shown: Uint8Array | null): Effect {
  return { summary, exact: { kind: summary.kind, ...bound }, shown };
}

function shownOf(
  { before, after }: { before: Json | null; after: Json | null },
  { text, keep }: Showing,
): { bytes: Uint8Array | null; withheld: { withheld?: string } } {
  const side = (object: Json | null) => (object === null ? 'null' : text(object));
  const bytes = Buffer.from(`{"before":${side(before)},"after":${side(after)}}`);
  if (bytes.length <= keep) return { bytes, withheld: {} };
  return {
    bytes: null,
    withheld: { withheld: `it has ${bytes.length} bytes, and ${keep} are kept of a body` },
  };
}
