/** Logging in and out, and who one is. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ChaperoneError } from '../../errors.ts';
import type { AccessRecord } from '../access.ts';
import type { LoggedOut, LoginLink, WhoAmI } from '../api.ts';
import { sendPage } from '../assets.ts';
import { permissionsOf } from '../authorize.ts';
import { CredentialsRefused } from '../credentials.ts';
import type { Logins } from '../login.ts';
import { moveOn, ownPath, usedLink } from '../login-pages.ts';
import { proof } from '../presence.ts';
import type { Login } from '../principal.ts';
import { sendJson, sendText } from '../reply.ts';
import type { Exchange, Route } from '../router.ts';
import type { Throttle } from '../throttle.ts';

export interface AccountOptions {
  logins: Logins;
  throttle: Throttle;
  access: AccessRecord;
  token: string;
  port: number;
  loginUrl(next?: string): string;
}

/** Routes that need no login, and therefore tell nothing. */
export interface OpenRoute {
  method: 'GET';
  path: string;
  handle(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): Promise<void> | void;
}

export function openRoutes(options: AccountOptions): OpenRoute[] {
  return [
    { method: 'GET', path: '/login', handle: (...exchange) => followLink(options, ...exchange) },
    {
      method: 'GET',
      path: '/api/proof',
      handle: (_, response, query) => sendProof(options, response, query),
    },
  ];
}

export function accountRoutes(options: AccountOptions): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/whoami',
      needs: 'account',
      handle: ({ response, login }) => sendJson(response, whoIs(login)),
    },
    {
      method: 'POST',
      path: '/api/login-link',
      needs: 'logins.issue',
      handle: (exchange) => issueLink(options, exchange),
    },
    {
      method: 'POST',
      path: '/api/logout',
      needs: 'account',
      handle: (exchange) => logOut(options, exchange),
    },
  ];
}

function whoIs(login: Login): WhoAmI {
  const { name, how, principal } = login;
  const { user, roles } = principal;
  return { name, how, user, roles: [...roles], may: permissionsOf(login) };
}

/**
 * Trades the link for a cookie. The answer is a page that moves on by itself, not a redirect: a cookie that is
 * SameSite=Strict is not sent after a redirect that began on another site (a web terminal, a chat).
 */
async function followLink(
  options: AccountOptions,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const { logins, throttle, access } = options;
  // A browser that only guesses at what will be opened next must not use the link up.
  if (request.headers['sec-purpose'] !== undefined)
    throw new ChaperoneError('FORBIDDEN', 'not before it is followed');
  const next = ownPath(query.get('next'));
  const redeemed = logins.redeem(query.get('token') ?? '');
  if (redeemed === null && (await logins.identify(request)) !== null) {
    // Followed twice by the same browser: a double click, a page opened again.
    sendPage(response, 200, moveOn(next));
    return;
  }
  if (redeemed === null) {
    const from = request.socket.remoteAddress ?? 'unknown';
    await access.refusedLogin(new CredentialsRefused('used-link', 'this link is used or too old'), from);
    throttle.fail();
    sendPage(response, 401, usedLink());
    return;
  }
  // Whoever was logged in here before is not any more.
  logins.logout(request);
  await access.login(redeemed.login, request.socket.remoteAddress ?? 'unknown');
  response.setHeader('Set-Cookie', logins.setCookie(request, redeemed.cookie));
  sendPage(response, 200, moveOn(next));
}

/** Answers a nonce with what only a holder of the token can know; see presence.ts. */
function sendProof(options: AccountOptions, response: ServerResponse, query: URLSearchParams): void {
  const nonce = query.get('nonce') ?? '';
  if (!/^[\w-]{22,86}$/.test(nonce)) {
    throw new ChaperoneError('USAGE', 'nonce must be 22 to 86 characters of base64url');
  }
  sendText(response, 200, `${proof(options.token, options.port, nonce)}\n`);
}

/** A browser may not make logins for others: only who can read the token file. */
function issueLink(options: AccountOptions, { response, query }: Exchange): void {
  sendJson(response, { url: options.loginUrl(ownPath(query.get('next'))) } satisfies LoginLink);
}

/** Ends the login here; where the browser is logged in at the provider too, the answer says where that ends. */
async function logOut({ logins, access }: AccountOptions, { request, response }: Exchange): Promise<void> {
  const closed = logins.logout(request);
  if (closed !== null) await access.logout(closed.login, 'asked');
  if (closed?.endUrl) return sendJson(response, { next: closed.endUrl } satisfies LoggedOut);
  response.statusCode = 204;
  response.end();
}
