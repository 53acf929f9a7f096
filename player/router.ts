/**
 * Addresses of the page: `/?q=…` the list, `/sessions/ID?t=…` one session, `/approvals/ID` what waits for a person,
 * `/try?a=…` a question to the policy, `/offboard?user=…` what somebody has who leaves.
 */
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { SessionId } from '../recorder/audit/units.ts';
import { formatMoment, parseMoment } from './text/time.ts';

export type Route =
  | { page: 'list'; search: string }
  | { page: 'session'; id: SessionId; moment: number | null }
  | { page: 'try'; asked: Question }
  | { page: 'approvals'; id: string | null }
  | { page: 'offboard'; users: readonly string[] }
  | { page: 'unknown'; path: string };

/** What the policy is asked about. */
export interface Question {
  text: string;
  /** Empty where it does not matter. */
  cwd: string;
  /** Whose identity it is asked for. */
  session: SessionId | null;
}

export function parseRoute(url: URL): Route {
  if (url.pathname === '/') return { page: 'list', search: url.searchParams.get('q') ?? '' };
  if (url.pathname === '/try') return { page: 'try', asked: questionOf(url.searchParams) };
  if (url.pathname === '/offboard') return { page: 'offboard', users: url.searchParams.getAll('user') };
  const [asked, one] = /^\/approvals(?:\/(\w+))?$/.exec(url.pathname) ?? [];
  if (asked !== undefined) return { page: 'approvals', id: one ?? url.searchParams.get('id') };
  const [, id] = /^\/sessions\/([\w-]+)$/.exec(url.pathname) ?? [];
  if (id === undefined) return { page: 'unknown', path: url.pathname };
  return { page: 'session', id, moment: parseMoment(url.searchParams.get('t')) };
}

function questionOf(query: URLSearchParams): Question {
  const text = query.get('a') ?? '';
  return { text, cwd: query.get('cwd') ?? '', session: query.get('session') };
}

/** Longer ones make an address that servers refuse. */
const LONGEST = 4000;

export function tryPath({ text, cwd, session }: Question): string {
  const query = new URLSearchParams();
  if (text !== '' && text.length <= LONGEST) query.set('a', text);
  if (cwd !== '') query.set('cwd', cwd);
  if (session !== null) query.set('session', session);
  const asked = query.toString();
  return asked === '' ? '/try' : `/try?${asked}`;
}

export function listPath(search: string): string {
  return search === '' ? '/' : `/?q=${encodeURIComponent(search)}`;
}

export function sessionPath(id: SessionId, moment?: number): string {
  const query = moment === undefined ? '' : `?t=${formatMoment(moment)}`;
  return `/sessions/${encodeURIComponent(id)}${query}`;
}

/** What waits for a person; `id`: opened at that request. */
export function approvalsPath(id?: string): string {
  return id === undefined ? '/approvals' : `/approvals/${encodeURIComponent(id)}`;
}

export function offboardPath(users: readonly string[]): string {
  const query = new URLSearchParams(users.map((user): [string, string] => ['user', user])).toString();
  return query === '' ? '/offboard' : `/offboard?${query}`;
}

export interface Navigation {
  route: Route;
  /** Goes to a path; `replace` leaves no trace in the history. */
  navigate: (path: string, options?: { replace?: boolean }) => void;
}

export function useNavigation(): Navigation {
  const [route, setRoute] = useState(() => parseRoute(new URL(location.href)));

  useEffect(() => {
    const onPopState = () => setRoute(parseRoute(new URL(location.href)));
    addEventListener('popstate', onPopState);
    return () => removeEventListener('popstate', onPopState);
  }, []);

  const navigate = useCallback((path: string, options: { replace?: boolean } = {}) => {
    if (options.replace) history.replaceState(history.state, '', path);
    else history.pushState(null, '', path);
    setRoute(parseRoute(new URL(location.href)));
  }, []);

  return { route, navigate };
}

/** A click on a link, handled by the page, unless the browser itself should: new tab, new window, download. */
export function onPage(action: () => void): (event: MouseEvent) => void {
  return (event) => {
    if (isForBrowser(event)) return;
    event.preventDefault();
    action();
  };
}

function isForBrowser(event: MouseEvent): boolean {
  return (
    event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey
  );
}
