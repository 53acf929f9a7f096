import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { SessionSummary } from '../../recorder/log/ports.ts';
import { count } from '../text/amount.ts';
import { dayName } from '../text/time.ts';
import { useShortcuts } from '../ui/keys.ts';
import { Problem, Stale } from '../ui/notice.tsx';
import { showTitle } from '../ui/title.ts';
import { useNow } from '../ui/use-now.ts';
import { Empty } from './empty.tsx';
import { byDay } from './merge.ts';
import { SessionRow } from './row.tsx';
import { SearchBox } from './search-box.tsx';
import type { SessionList } from './use-sessions.ts';

interface Properties {
  list: SessionList;
  search: string;
  /** Where the list was left, in pixels, to come back to. */
  scroll: { current: number };
  /** The session that was opened last. */
  lastOpened: string | null;
  onSearch: (search: string) => void;
  onOpen: (session: SessionSummary) => void;
}

/** All sessions, newest first. */
export function ListPage({ list, search, scroll, lastOpened, onSearch, onOpen }: Properties) {
  const { sessions, loading, error, stale, hasMore, loadMore, retry } = list;
  const now = useNow(sessions.some(({ state }) => state === 'live') ? 1000 : 20_000);
  const box = useRef<HTMLInputElement>(null);

  useLayoutEffect(() => {
    showTitle('Sessions');
    scrollTo(0, scroll.current);
    if (lastOpened !== null) linkTo(lastOpened)?.focus({ preventScroll: true });
    // While the list still stands, before the next page takes its room.
    return () => {
      scroll.current = scrollY;
    };
  }, []);

  useShortcuts({
    '/': () => box.current?.focus(),
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
    ArrowDown: () => moveFocus(1),
    ArrowUp: () => moveFocus(-1),
    Escape: () => onSearch(''),
  });

  return (
    <main class="list-page">
      <div class="list-head">
        <h1>Sessions</h1>
        <SearchBox box={box} search={search} busy={loading === 'first'} onSearch={onSearch} />
        <p class="total" role="status">
          {loading === null &&
            sessions.length > 0 &&
            `${count(sessions.length, 'session')}${hasMore ? ' shown' : ''}`}
        </p>
      </div>
      {stale !== null && <Stale error={stale} />}
      {error === null && loading === 'first' && sessions.length === 0 && <Skeleton />}
      {error === null && loading !== 'first' && sessions.length === 0 && (
        <Empty search={search} onSearch={onSearch} />
      )}
      {byDay(sessions, ({ startedAt }) => dayName(startedAt, now)).map((day) => (
        <section class="day" key={day.name} aria-label={day.name}>
          <h2>{day.name}</h2>
          <ol>
            {day.sessions.map((session) => (
              <SessionRow
                key={session.id}
                session={session}
                now={now}
                current={session.id === lastOpened}
                onOpen={onOpen}
              />
            ))}
          </ol>
        </section>
      ))}
      {error !== null && <Problem error={error} retry={retry} />}
      {hasMore && error === null && <More busy={loading === 'more'} onMore={loadMore} />}
    </main>
  );
}

/** Asks for the next page when it comes near, and by a click for those who have no scroll wheel. */
function More({ busy, onMore }: { busy: boolean; onMore: () => void }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Where the page was busy there are several, of which the last tells how it is.
    const observer = new IntersectionObserver((entries) => entries.at(-1)?.isIntersecting && onMore(), {
      rootMargin: '600px',
    });
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, [busy]);
  return (
    <div class="more" ref={element}>
      <button type="button" class="button" disabled={busy} onClick={onMore}>
        {busy ? 'Loading older sessions …' : 'Older sessions'}
      </button>
    </div>
  );
}

function Skeleton() {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    // Most answers come sooner: a skeleton that flashes by is worse than none.
    const timer = setTimeout(() => setShown(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="skeleton" role="status">
      <span class="sr">Loading sessions</span>
      {shown && Array.from({ length: 8 }, (_, index) => <div key={index} />)}
    </div>
  );
}

function linkTo(id: string): HTMLElement | null {
  return document.querySelector(`[data-session="${CSS.escape(id)}"]`);
}

function moveFocus(direction: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('[data-session]')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = at === -1 ? (direction === 1 ? 0 : links.length - 1) : at + direction;
  links[next]?.focus();
}
