/** Addresses of the page: `/?q=…` the list, `/sessions/ID?t=…` one session. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { SessionId } from '../recorder/audit/event.ts';
import { formatMoment, parseMoment } from './text/time.ts';

export type Route =
  | { page: 'list'; search: string }
  | { page: 'session'; id: SessionId; moment: number | null }
  | { page: 'unknown'; path: string };

export function parseRoute(url: URL): Route {
  if (url.pathname === '/') return { page: 'list', search: url.searchParams.get('q') ?? '' };
  const [, id] = /^\/sessions\/([\w-]+)$/.exec(url.pathname) ?? [];
  if (id === undefined) return { page: 'unknown', path: url.pathname };
  return { page: 'session', id, moment: parseMoment(url.searchParams.get('t')) };
}

export function listPath(search: string): string {
  return search === '' ? '/' : `/?q=${encodeURIComponent(search)}`;
}

export function sessionPath(id: SessionId, moment?: number): string {
  const query = moment === undefined ? '' : `?t=${formatMoment(moment)}`;
  return `/sessions/${encodeURIComponent(id)}${query}`;
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
