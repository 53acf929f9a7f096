import { useEffect, useRef } from 'preact/hooks';
import type { SessionSummary } from '../api.ts';
import { titleOf } from '../text/session.ts';
import { visibleText } from '../text/visible.ts';
import { useShortcuts } from '../ui/keys.ts';
import { Problem, Stale } from '../ui/notice.tsx';
import { showTitle } from '../ui/title.ts';
import { ApiBench } from './api-bench.tsx';
import { CursorBench } from './cursor-bench.tsx';
import { SessionHead } from './head.tsx';
import { useSession } from './use-session.ts';
import { Workbench } from './workbench.tsx';

interface Properties {
  id: string;
  /** Where to begin, in seconds. */
  moment: number | null;
  /** The list as it was left, for going to the neighbours. */
  list: SessionSummary[];
  onOpen: (session: SessionSummary) => void;
  onHome: () => void;
}

/** One session: its replay, and what is known of it. */
export function SessionPage({ id, moment, list, onOpen, onHome }: Properties) {
  const { session, error, refresh } = useSession(id);
  const { older, newer } = neighbours(list, id);

  useEffect(() => {
    if (session === null) return;
    showTitle(`${visibleText(titleOf(session), 80)} · ${visibleText(session.identity.user, 40)}`);
  }, [session?.id]);

  const main = useRef<HTMLElement>(null);
  // The row that was clicked is gone, and the focus with it: who reads by ear goes on here.
  useEffect(() => {
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, []);

  useShortcuts({
    u: onHome,
    J: () => older !== null && onOpen(older),
    K: () => newer !== null && onOpen(newer),
  });

  if (session === null) {
    return (
      <main class="session-page" ref={main} tabIndex={-1}>
        {error !== null && <Problem error={error} retry={refresh} alone />}
      </main>
    );
  }
  return (
    <main class="session-page" ref={main} tabIndex={-1}>
      <SessionHead session={session} older={older} newer={newer} onOpen={onOpen} onHome={onHome}>
        {error !== null && <Stale error={error} />}
      </SessionHead>
      <Bench session={session} moment={moment} onEnded={refresh} />
    </main>
  );
}

/** What there is to see depends on where it came in. */
function Bench(properties: { session: SessionSummary; moment: number | null; onEnded: () => void }) {
  const { session } = properties;
  switch (session.entrance?.kind) {
    case 'api':
      return <ApiBench session={session} />;
    case 'cursor':
      return <CursorBench session={session} moment={properties.moment} />;
    case 'remote':
    case 'launcher':
    case undefined:
      return <Workbench {...properties} />;
  }
}

interface Neighbours {
  older: SessionSummary | null;
  newer: SessionSummary | null;
}

function neighbours(list: readonly SessionSummary[], id: string): Neighbours {
  const at = list.findIndex((session) => session.id === id);
  if (at === -1) return { older: null, newer: null };
  return { older: list[at + 1] ?? null, newer: list[at - 1] ?? null };
}
