import { useCallback, useEffect, useErrorBoundary, useRef, useState } from 'preact/hooks';
import type { SessionSummary } from './api.ts';
import { ApprovalsPage } from './approvals/page.tsx';
import { useSignals } from './approvals/signals.ts';
import { useAsks } from './approvals/use-asks.ts';
import { Waiting } from './approvals/waiting.ts';
import { ListPage } from './list/page.tsx';
import { useSessions } from './list/use-sessions.ts';
import { OffboardPage } from './offboard/page.tsx';
import { TryPage } from './policy/page.tsx';
import { approvalsPath, listPath, offboardPath, sessionPath, tryPath, useNavigation } from './router.ts';
import { SessionPage } from './session/page.tsx';
import { Header } from './ui/header.tsx';
import { Help } from './ui/help.tsx';
import { useShortcuts } from './ui/keys.ts';
import { useMay } from './ui/may.ts';
import { Notice, Problem } from './ui/notice.tsx';
import { useTheme } from './ui/theme.ts';

/** The page, or what is left of it where something in the session breaks it. */
export function App() {
  const [broken] = useErrorBoundary();
  if (broken === undefined) return <Pages />;
  return (
    <main class="list-page">
      <Problem error={broken as Error} retry={() => location.reload()} alone />
    </main>
  );
}

/** The list stays in memory while a session is looked at, so that coming back costs nothing. */
function Pages() {
  const { route, navigate } = useNavigation();
  const { theme, next } = useTheme();
  const [help, setHelp] = useState(false);
  const [search, setSearch] = useState(route.page === 'list' ? route.search : '');
  const lastOpened = useRef<string | null>(null);
  const scroll = useRef(0);
  const list = useSessions(search, route.page === 'list');

  const signals = useSignals((id) => navigate(approvalsPath(id)));
  const asks = useAsks(signals.tell);
  const may = useMay();

  useEffect(() => {
    if (route.page === 'list') setSearch(route.search);
  }, [route]);
  // Not in an effect: whoever is back at once finds the right row.
  if (route.page === 'session') lastOpened.current = route.id;

  // The neighbour of the last one is on a page that was not asked for yet.
  useEffect(() => {
    if (route.page === 'session' && list.sessions.at(-1)?.id === route.id) list.loadMore();
  }, [route, list.sessions]);

  useShortcuts({ '?': () => setHelp(true), t: next });

  const find = useCallback((text: string) => navigate(listPath(text), { replace: true }), []);
  const openSession = useCallback((id: string) => navigate(sessionPath(id)), []);
  const open = useCallback(({ id }: SessionSummary) => openSession(id), []);
  const openApprovals = useCallback(() => navigate(approvalsPath()), []);
  const ask = useCallback((path: string) => navigate(path, { replace: true }), []);
  const tryIt = useCallback(() => navigate(tryPath({ text: '', cwd: '', session: null })), []);
  const offboard = useCallback((users: readonly string[]) => navigate(offboardPath(users)), []);
  const home = useCallback(() => navigate(listPath(search)), [search]);

  return (
    <>
      <Header
        theme={theme}
        onTheme={next}
        onHelp={() => setHelp(true)}
        onHome={home}
        onTry={may?.has('policy.explain') === false ? null : tryIt}
        waiting={asks.state === 'known' ? asks.waiting.length : null}
        onApprovals={openApprovals}
        onOffboard={may?.has('people.offboard') ? () => offboard([]) : null}
      />
      {route.page === 'list' && (
        <ListPage
          list={list}
          search={search}
          scroll={scroll}
          lastOpened={lastOpened.current}
          onSearch={find}
          onOpen={open}
        />
      )}
      {route.page === 'session' && (
        <Waiting.Provider value={asks.waiting}>
          <SessionPage
            key={route.id}
            id={route.id}
            moment={route.moment}
            list={list.sessions}
            onOpen={open}
            onHome={home}
          />
        </Waiting.Provider>
      )}
      {route.page === 'try' && <TryPage asked={route.asked} onAsk={ask} />}
      {route.page === 'approvals' && (
        <ApprovalsPage list={asks} id={route.id} signals={signals} onSession={openSession} onHome={home} />
      )}
      {route.page === 'offboard' && <OffboardPage users={route.users} onUsers={offboard} onOpen={navigate} />}
      {route.page === 'unknown' && (
        <main class="list-page">
          <Notice title="Nothing is here" kind="problem" alone>
            <p>
              <a href="/">All sessions</a>
            </p>
          </Notice>
        </main>
      )}
      {help && <Help onClose={() => setHelp(false)} />}
    </>
  );
}
