/** For whom it was: the first links of a chain. Pure. */
import type { SessionSummary } from '../log/ports.ts';
import { type Link, momentOf } from './chain.ts';
import type { Place } from './matching.ts';
import type { Talk } from './talk.ts';

/** Whose conversation it is, as it was known at a time. */
export function conversationLinks(summary: SessionSummary, talk: Talk, place: Pick<Place, 'at'>): Link[] {
  const { entrance, startedAt, id } = summary;
  const start = momentOf({ session: id, seq: 0, at: startedAt }, startedAt);
  const text = (entrance?.kind === 'cursor' && entrance.conversation) || 'without an id';
  const proof = toldBy(summary);
  return [personIn(summary, talk, place), { ...start, kind: 'conversation', text, proof, basis: 'hook' }];
}

/** A session of hooks that only claims to be one heard none: it was written by somebody else. */
export function toldBy({ identity }: SessionSummary): 'hook' | 'claimed' {
  return identity.proof === 'claimed' ? 'claimed' : 'hook';
}

/** The people that a signature named then; else who the hook says is signed in. */
function personIn(summary: SessionSummary, { proven, prompts }: Talk, { at }: Pick<Place, 'at'>): Link {
  const signed = proven.findLast((one) => one.at <= at && at <= one.until && one.humans.length > 0);
  if (signed !== undefined) {
    const { humans } = signed;
    const moment = momentOf(signed, summary.startedAt);
    return { ...moment, kind: 'person', text: humans.join(', '), proof: 'signed', basis: 'signed' };
  }
  const before = prompts.filter((prompt) => prompt.at <= at && prompt.email !== '');
  return personLink(summary, before.at(-1)?.email ?? '');
}

/** Who it was by the beginning of a session: its signed people, who the hook says is signed in, the user that it ran as. */
export function personLink(summary: SessionSummary, email: string): Link {
  const { id, startedAt, identity } = summary;
  const start = momentOf({ session: id, seq: 0, at: startedAt }, startedAt);
  const { humans = [], proof, user, run } = identity;
  if (proof === 'signed' && run !== undefined && humans.length > 0)
    return { ...start, kind: 'person', text: humans.join(', '), proof: 'signed', basis: 'signed' };
  if (email !== '')
    return { ...start, kind: 'person', text: `${email} (as ${user})`, proof: toldBy(summary), basis: 'hook' };
  const isOwn = proof === 'signed';
  return {
    ...{ ...start, kind: 'person', text: user },
    ...(isOwn
      ? ({ proof: 'signed', basis: 'recorded' } as const)
      : ({ proof: 'claimed', basis: 'environment' } as const)),
  };
}
