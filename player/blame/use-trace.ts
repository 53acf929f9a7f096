import type { Trace, TracedAct } from '../../recorder/attribution/chain.ts';
import { getTrace, type SessionSummary } from '../api.ts';
import { useFeed } from '../session/use-feed.ts';

/** Between two looks, in milliseconds: it reads more than the conversation alone. */
const REST_MS = 2000;

export interface Traced {
  trace: Trace | null;
  /** By each of the events that tell of an act. */
  acts: ReadonlyMap<number, TracedAct>;
  error: Error | null;
}

/** What came of the prompts of a conversation, as far as is known by now. */
export function useTrace(session: SessionSummary): Traced {
  const { items, error } = useFeed<Trace>({
    ...{ id: session.id, news: session.events, rest: REST_MS },
    begin: () => async (signal) => [await getTrace(session.id, signal)],
  });
  const trace = items[0] ?? null;
  const acts = new Map(trace?.acts.flatMap((act) => act.seqs.map((seq) => [seq, act] as const)));
  return { trace, acts, error };
}
