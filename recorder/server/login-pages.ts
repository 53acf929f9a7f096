/** The pages of logging in: where to go on, and what went wrong. */
import { escapeHtml, type OwnPage } from './assets.ts';

/** A path and no more: two slashes at its start, of either kind, would name another host. */
const OWN_PATH = /^\/(?![/\\])[!-~]*$/;

/** `next` if it stays on this server, otherwise the first page. */
export function ownPath(next: string | null): string {
  if (next === null || !OWN_PATH.test(next) || !URL.canParse(next, 'http://own')) return '/';
  const url = new URL(next, 'http://own');
  const path = `${url.pathname}${url.search}${url.hash}`;
  // Looked at again: `/.//other` is a path, and becomes `//other` once its dot is resolved.
  return url.origin === 'http://own' && OWN_PATH.test(path) ? path : '/';
}

/** What there is to log in by. */
export interface WaysIn {
  /** What people know their provider by; null where there is none. */
  provider: string | null;
  /** Whether there are one-time links. */
  links: boolean;
}

export function moveOn(next: string): OwnPage {
  return {
    title: 'Chaperone',
    head: `<meta http-equiv="refresh" content="0;url=${escapeHtml(next)}">`,
    body: `<p>Logged in. <a href="${escapeHtml(next)}">Go on</a></p>`,
  };
}

export function usedLink(): OwnPage {
  return {
    title: 'Chaperone: link not valid',
    body: `<h1>This login link has been used, or is too old</h1><p>Each link logs in one browser, once.</p>${WHERE}`,
  };
}

/** @param next where the browser was going */
export function loginNeeded({ provider, links }: WaysIn, next: string): OwnPage {
  if (provider === null)
    return {
      title: 'Chaperone: login needed',
      body: `<h1>Open Chaperone by its login link</h1><p>This browser is not logged in.</p>${WHERE}`,
    };
  const local = links ? `<p>Or follow the login link of this machine: ${RUN_AGAIN}</p>` : '';
  return {
    title: 'Chaperone: sign in',
    body: `<h1>Sign in to go on</h1><p>This browser is not logged in.</p>${signInButton(provider, next)}${local}`,
  };
}

/** Something stood in the way; the message is one of ours, or escaped here. */
export function signInFailed(
  provider: string,
  { title, message }: { title: string; message: string },
): OwnPage {
  // Otherwise the provider, which knows them, would send them back here at once.
  const another = '<p><a href="/login/start?as=other">Sign in as somebody else</a></p>';
  return {
    title: 'Chaperone: not signed in',
    body: `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(message)}</p>${signInButton(provider, '/')}${another}`,
  };
}

export function signedOut(provider: string): OwnPage {
  return {
    title: 'Chaperone: signed out',
    body: `<h1>You are signed out</h1>${signInButton(provider, '/')}`,
  };
}

/** A GET: it changes nothing here but the start of a sign-in. */
function signInButton(provider: string, next: string): string {
  const query = next === '/' ? '' : `?${new URLSearchParams({ next })}`;
  return `<a class="button" href="/login/start${escapeHtml(query)}">Sign in with ${escapeHtml(provider)}</a>`;
}

const RUN_AGAIN =
  '<code>chaperone up</code> prints a link when it starts. Run it again in the same data directory for a fresh one.';
const WHERE = `<p>${RUN_AGAIN}</p>`;
