/**
 * Signing in at the provider, by the code flow:
 *
 *   browser                     recorder                          provider
 *     │ GET /login/start ─────────▶│ remembers state, nonce,         │
 *     │ ◀── 303, cookie (Lax) ─────│ verifier                        │
 *     │ ────────────────────────── authorization request ──────────▶ │
 *     │ ◀───────────────────────── 303 to /login/callback ────────── │
 *     │ GET /login/callback ──────▶│ ── code, verifier ────────────▶ │
 *     │                            │ ◀── ID token, refresh token ─── │
 *     │ ◀── page that moves on, ───│ records the login               │
 *     │     cookie (Strict)        │                                 │
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ChaperoneError } from '../../errors.ts';
import type { AccessRecord } from '../access.ts';
import type { SignIn } from '../api.ts';
import { sendPage } from '../assets.ts';
import type { Renewal } from '../browser-logins.ts';
import { CredentialsRefused } from '../credentials.ts';
import type { Origins } from '../hardening.ts';
import { cookiesOf, type Logins } from '../login.ts';
import { moveOn, ownPath, signedOut, signInFailed } from '../login-pages.ts';
import { PENDING_LIMITS, type Pending, type PendingSignIns } from '../oidc/pending.ts';
import { personOf } from '../oidc/person.ts';
import type { Given, Provider } from '../oidc/provider.ts';
import type { OidcSettings } from '../oidc/settings.ts';
import { sendJson, statusOf } from '../reply.ts';
import type { Throttle } from '../throttle.ts';
import type { OpenRoute } from './account.ts';

export interface SignInOptions {
  settings: OidcSettings;
  provider: Provider;
  pending: PendingSignIns;
  /** Where browsers reach us: `https://chaperone.example.com`. */
  base: string;
  origins: Origins;
  logins: Logins;
  throttle: Throttle;
  access: AccessRecord;
}

export const CALLBACK = '/login/callback';
const SIGNED_OUT = '/login/out';
/** Microseconds: without a refresh token the provider cannot be asked again, so its word is worth no longer. */
const UNRENEWED = 3_600_000_000;

type Handle = OpenRoute['handle'];

export function signInRoutes(options: SignInOptions): OpenRoute[] {
  const page =
    (handle: (...exchange: Parameters<Handle>) => Promise<void>): Handle =>
    (...exchange) =>
      handle(...exchange).catch((error: unknown) => fail(options, exchange, error));
  const { settings } = options;
  return [
    { method: 'GET', path: '/login/start', handle: page((...exchange) => start(options, ...exchange)) },
    { method: 'GET', path: CALLBACK, handle: page((...exchange) => finish(options, ...exchange)) },
    {
      method: 'GET',
      path: SIGNED_OUT,
      handle: (_request, response) => sendPage(response, 200, signedOut(settings.name)),
    },
    { method: 'GET', path: '/api/sign-in', handle: (_request, response) => tellDevices(settings, response) },
  ];
}

async function start(
  { provider, pending, base, origins }: SignInOptions,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const next = ownPath(query.get('next'));
  // The provider sends the browser back to one address, and cookies are that address's own.
  if (origins.of(request.headers.host ?? '') !== base)
    return redirect(response, `${base}/login/start?${new URLSearchParams({ next })}`);
  const begun = pending.begin(next);
  const url = await provider.authorizationUrl(begun.pending, query.get('as') === 'other');
  response.setHeader('Set-Cookie', stateCookie(base, begun.pending.state, begun.cookie));
  redirect(response, url.href);
}

async function finish(
  options: SignInOptions,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const { settings, provider, base, logins, access } = options;
  if (request.headers['sec-purpose'] !== undefined)
    throw new ChaperoneError('FORBIDDEN', 'not before it is followed');
  const begun = begunBy(options, request, query);
  // Used up, whatever comes of it.
  response.setHeader('Set-Cookie', stateCookie(base, begun.state, ''));
  const given = await provider.redeem(query, begun);
  const principal = personOf(given.claims, settings);
  const { lifetime, renew } = settings.session;
  const life = given.refreshToken === null ? Math.min(lifetime, UNRENEWED) : lifetime;
  const renewal = renewalOf(options, given, principal.user);
  const every = given.refreshToken === null ? life : renew;
  // Whoever was logged in here before is not any more, and the value of their cookie is worth nothing.
  const former = logins.logout(request);
  if (former !== null) await access.logout(former.login, 'asked');
  const opening = { how: 'oidc' as const, principal, idle: life, life, renewal: { ...renewal, every } };
  const { login, cookie } = logins.open(opening);
  await access.login(login, request.socket.remoteAddress ?? 'unknown').catch((error: unknown) => {
    logins.close(cookie);
    throw error;
  });
  response.appendHeader('Set-Cookie', logins.setCookie(request, cookie));
  sendPage(response, 200, moveOn(begun.next));
}

/** What this browser began. @throws CredentialsRefused for an answer that nobody here waits for */
function begunBy(
  { base, pending }: SignInOptions,
  request: IncomingMessage,
  query: URLSearchParams,
): Pending {
  const state = query.get('state') ?? '';
  const name = stateCookieName(base, state);
  for (const [given, value] of cookiesOf(request)) {
    const begun = given === name ? pending.take(state, value) : null;
    if (begun !== null) return begun;
  }
  const message = 'this sign-in was not begun in this browser, or is over, or took too long: begin again';
  throw new CredentialsRefused('unknown-state', message);
}

/** The provider is asked who it is now; who is called otherwise by now has to sign in anew. */
function renewalOf(
  { provider, settings, base }: SignInOptions,
  first: Given,
  user: string,
): Omit<Renewal, 'every'> {
  let given = first;
  return {
    async renew() {
      given = await provider.refresh(given);
      const principal = personOf(given.claims, settings);
      if (principal.user !== user)
        throw new CredentialsRefused('renamed', 'your name at the provider has changed');
      return principal;
    },
    endUrl: () => provider.endUrl(given, `${base}${SIGNED_OUT}`),
  };
}

/** A page instead of JSON: a person looks at it. */
async function fail(
  { settings, throttle, access }: SignInOptions,
  [request, response]: Parameters<Handle>,
  error: unknown,
): Promise<void> {
  if (!(error instanceof ChaperoneError)) throw error;
  if (error instanceof CredentialsRefused) {
    await access.refusedLogin(error, request.socket.remoteAddress ?? 'unknown');
    throttle.fail();
  }
  const title = TITLES[error.code] ?? 'You are not signed in';
  sendPage(
    response,
    statusOf(error),
    signInFailed(settings.name, { title, message: sentence(error.message) }),
  );
}

const TITLES: Partial<Record<ChaperoneError['code'], string>> = {
  ISSUER_GONE: 'Signing in does not work right now',
  FORBIDDEN: 'You may not come in',
};

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

/**
 * Sent back by the provider's redirect, so it cannot be Strict; only to the one address that needs it. Each sign-in has
 * one of its own, so that two tabs do not spoil each other's.
 */
function stateCookie(base: string, state: string, value: string): string {
  const secure = base.startsWith('https:') ? '; Secure' : '';
  const age = value === '' ? 0 : PENDING_LIMITS.life / 1e6;
  return `${stateCookieName(base, state)}=${value}; HttpOnly; SameSite=Lax; Path=${CALLBACK}; Max-Age=${age}${secure}`;
}

function stateCookieName(base: string, state: string): string {
  const prefix = base.startsWith('https:') ? '__Secure-' : '';
  return `${prefix}chaperone-signin-${state.replace(/[^\w-]/g, '').slice(0, 12)}`;
}

function redirect(response: ServerResponse, to: string): void {
  response.statusCode = 303;
  response.setHeader('Location', to);
  response.end();
}

function tellDevices({ name, issuer, deviceClientId, scopes }: OidcSettings, response: ServerResponse): void {
  if (deviceClientId === null)
    throw new ChaperoneError('NOT_FOUND', 'command lines cannot sign in at this recorder');
  sendJson(response, { issuer: issuer.href, clientId: deviceClientId, scopes, name } satisfies SignIn);
}
