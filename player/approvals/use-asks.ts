import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ApprovalView } from '../api.ts';
import { showWaiting } from '../ui/title.ts';
import { type Asks, changed, overOf, told, waitingOf } from './asks.ts';
import { listen } from './watch.ts';

export interface AskList {
  waiting: readonly ApprovalView[];
  over: readonly ApprovalView[];
  /** `nobody`: no person can be asked at this recorder. */
  state: 'loading' | 'known' | 'nobody';
  /** Why what is shown may be out of date; it is tried again. */
  error: Error | null;
  /** What an answer says, ahead of the stream. */
  take: (view: ApprovalView) => void;
}

interface Known {
  asks: Asks;
  state: AskList['state'];
  error: Error | null;
}

/**
 * What waits for a person, live on every page.
 * @param onNew told of what begins to wait, in one window of this browser; not of what waited before
 */
export function useAsks(onNew: (view: ApprovalView) => void): AskList {
  const [{ asks, state, error }, setKnown] = useState<Known>({
    asks: new Map(),
    state: 'loading',
    error: null,
  });
  const latest = useRef<Asks | null>(null);
  const tell = useRef(onNew);
  tell.current = onNew;

  const renew = useCallback((next: Asks, chosen: boolean) => {
    const before = latest.current;
    latest.current = next;
    setKnown({ asks: next, state: 'known', error: null });
    if (before === null || !chosen) return;
    for (const view of waitingOf(next)) if (!before.has(view.id)) tell.current(view);
  }, []);
  useEffect(
    () =>
      listen({
        onLine: (line, chosen) => renew(told(latest.current ?? new Map(), line), chosen),
        onError: (failure) => setKnown((now) => ({ ...now, error: failure })),
        onNobody: () => setKnown((now) => ({ ...now, state: 'nobody' })),
      }),
    [],
  );
  const take = useCallback(
    (view: ApprovalView) => renew(changed(latest.current ?? new Map(), view), false),
    [],
  );

  const waiting = useMemo(() => waitingOf(asks), [asks]);
  const over = useMemo(() => overOf(asks), [asks]);
  useEffect(() => showWaiting(waiting.length), [waiting.length]);
  return { waiting, over, state, error, take };
}
