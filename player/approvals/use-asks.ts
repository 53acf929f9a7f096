import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ApprovalLine } from '../../recorder/server/api.ts';
import type { ApprovalView } from '../api.ts';
import { showWaiting } from '../ui/title.ts';
import { type Asks, overOf, told, waitingOf } from './asks.ts';
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
  const opening = useRef(true);
  const tell = useRef(onNew);
  tell.current = onNew;

  const renew = useCallback((lines: readonly ApprovalLine[], chosen: boolean) => {
    const before = latest.current;
    const next = told(before ?? new Map(), lines);
    latest.current = next;
    setKnown({ asks: next, state: 'known', error: null });
    const changes = lines.flatMap((line) => ('changed' in line ? [line.changed] : []));
    // What waited before may come in several lines.
    const news = opening.current ? changes : waitingOf(next);
    if (changes.length > 0) opening.current = false;
    if (!chosen) return;
    for (const view of news) if (view.state === 'pending' && !before?.has(view.id)) tell.current(view);
  }, []);
  useEffect(() => {
    const gathered = gather(renew);
    const stop = listen({
      onLine: gathered.add,
      onError: (failure) => setKnown((now) => ({ ...now, error: failure })),
      onNobody: () => setKnown((now) => ({ ...now, state: 'nobody' })),
    });
    return () => {
      stop();
      gathered.stop();
    };
  }, []);
  const take = useCallback((view: ApprovalView) => renew([{ changed: view }], false), []);

  const waiting = useMemo(() => waitingOf(asks), [asks]);
  const over = useMemo(() => overOf(asks), [asks]);
  useEffect(() => showWaiting(waiting.length), [waiting.length]);
  return { waiting, over, state, error, take };
}

/** A crowd of changes is drawn a few times a second; the first of them at once. */
const GATHER_MS = 100;

function gather(take: (lines: readonly ApprovalLine[], chosen: boolean) => void) {
  let lines: ApprovalLine[] = [];
  let isChosen = false;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const flush = () => {
    timer = null;
    if (lines.length === 0) return;
    take(lines.splice(0), isChosen);
    timer = setTimeout(flush, GATHER_MS);
  };
  return {
    add: (line: ApprovalLine, chosen: boolean) => {
      lines.push(line);
      isChosen = chosen;
      if (timer === null) flush();
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer);
      lines = [];
    },
  };
}
