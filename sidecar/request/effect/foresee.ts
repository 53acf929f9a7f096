/** What a write would do, found out: the trials that it takes, and what they come to. */
import type { Effect, Json, KubeAction } from '../../action.ts';
import { parseTarget, serialiseTarget } from '../target.ts';
import { sameState } from '../trial/preconditions.ts';
import type { Questioned, Tried, Write } from '../trial/trial.ts';
import { tryWrite } from '../trial/trial.ts';
import { changeOf, collectionOf, type Listed, type Showing, unknownEffect, unsteady } from './effect.ts';

/** Names and indices on the way to a value. */
export type Place = readonly string[];

export interface Foreseen {
  /** Null where the server refuses it. */
  effect: Effect | null;
  /** Places whose values the server makes anew each time. */
  anew: readonly Place[];
  tried: Tried;
}

/** How often two trials in turn are made, to see them find the object in one state. */
const PAIRS = 3;

/**
 * What one more trial shows.
 * @param known what it was found to make anew each time when it was tried before; null to find that out
 */
export async function foreseeWrite(
  write: Write,
  upstream: Questioned,
  { known, showing }: { known: readonly Place[] | null; showing: Showing },
): Promise<Foreseen> {
  const { subresource } = write.action.request;
  const first = await tryWrite(write, upstream);
  const { tried, anew } =
    known === null ? await compared(first, write, upstream) : { tried: first, anew: known };
  return { tried, anew, effect: effectOf(tried, { subresource, anew, showing }) };
}

export function effectOf(
  tried: Tried,
  how: { subresource: string; anew: readonly Place[]; showing: Showing },
): Effect | null {
  switch (tried.kind) {
    case 'refused':
      return null;
    case 'unknown':
      return unknownEffect(tried.why);
    case 'done':
      try {
        return changeOf(tried, how);
      } catch (error) {
        if (error instanceof RangeError) return unknownEffect('the object is nested too deeply');
        throw error;
      }
  }
}

async function compared(
  first: Tried,
  write: Write,
  upstream: Questioned,
): Promise<{ tried: Tried; anew: readonly Place[] }> {
  let before = first;
  for (let left = PAIRS; left > 0 && before.kind === 'done' && before.after !== null; left--) {
    const now = await tryWrite(write, upstream);
    if (now.kind !== 'done') return { tried: now, anew: [] };
    if (sameState(before.state, now.state) || (before.state === null && now.state === null))
      return { tried: now, anew: unsteady(before, now, write.action.request.subresource) };
    before = now;
  }
  return { tried: before, anew: [] };
}

/** As many as the API server lists at once by default, and a human may look through. */
const MOST_LISTED = 500;

/** Which objects a deletion of a collection hits. */
export async function foreseeCollection(
  action: KubeAction,
  upstream: Questioned,
  showing: Showing,
): Promise<Effect> {
  const selecting = action.parameters.filter(([name]) => /^(label|field)Selector$/.test(name));
  const parameters = [...selecting, ['limit', `${MOST_LISTED}`] as const];
  const uri = serialiseTarget({ ...parseTarget(action.uri), parameters });
  const { status, object } = await upstream.ask({ method: 'GET', uri, body: null, metadataOnly: true });
  const listed = status === 200 ? listedIn(object) : null;
  return listed === null
    ? unknownEffect(`the objects that it hits could not be listed (${status})`)
    : collectionOf(listed, showing);
}

interface List {
  metadata?: { continue?: unknown };
  items?: { metadata?: { uid?: unknown; name?: unknown } }[];
}

function listedIn(answer: Json): Listed | null {
  const { metadata, items } = (answer ?? {}) as List;
  if (!Array.isArray(items)) return null;
  const found = items.map((item) => ({ uid: `${item?.metadata?.uid}`, name: `${item?.metadata?.name}` }));
  return {
    uids: found.map(({ uid }) => uid),
    names: found.map(({ name }) => name),
    more: typeof metadata?.continue === 'string' && metadata.continue !== '',
  };
}
