/**
 * The JSON shapes of the HTTP API, types only: safe to import from the browser.
 *
 *   GET  /api/sessions?before&limit&search          SessionPage
 *   GET  /api/sessions/:id                          SessionSummary
 *   GET  /api/sessions/:id/cast?format&download=1   the recording: v3 (default), v2, txt or json
 *   GET  /api/sessions/:id/events?type&from&request&content=base64&follow=1   EventLine, a line each
 *   GET  /api/sessions/:id/search?q                 a match a line (see recorder/export/search.ts)
 *   GET  /api/sessions/:id/live                     WebSocket (see live.ts)
 *   GET  /api/sessions/:id/trace                    Trace: what came of a conversation
 *   GET  /api/blame?ask={…}&limit&since             Blame: which AI request did this (see attribution/query.ts)
 *   GET  /api/verify?session&checkpoint             VerifyLine, a line each
 *   POST /api/policy/explain {text, cwd, session} Explanation: how the policy in force decides it; no effect
 *   GET  /api/checkpoint                            text: the signed note
 *   GET  /api/health                                Health
 *   GET  /api/whoami                                WhoAmI
 *   POST /api/login-link                            LoginLink; bearer token only
 *   POST /api/sessions/:id/kubeconfig               KubeconfigText; bearer token only, where a proxy runs
 *   DELETE /api/sessions/:id/kubeconfig             {} once it is worth nothing; bearer token only
 *   POST /api/sessions/:id/token                    SessionToken; bearer token and workloads only
 *   GET  /api/own/approvals                         Approvals, those of one session; by its token only
 *   POST /api/own/approvals/:id/cancel              ApprovalView, cancelled; by the token of its session only
 *   GET  /api/approvals                             Approvals; with follow=1 ApprovalLine, a line each
 *   POST /api/approvals                             Asking → AskLine, a line each; bearer token only
 *   GET  /api/approvals/:id                         ApprovalView
 *   GET  /api/approvals/:id/body                    the body of the request that is asked about
 *   GET  /api/approvals/:id/effect                  what it would do: AskedEffect
 *   GET  /api/offboard?user=NAME (several)          Belongings: what somebody has, and their agents got hold of
 *   POST /api/offboard {users}                      Offboarded: it is ended
 *   POST /api/approvals/:id/{vote,cancel,revoke}    → ApprovalView; a vote is {vote, comment?, minutes?}
 *   POST /api/logout                                204; LoggedOut where the provider's own session is left
 *   GET  /ingest                                    WebSocket (see ingest/frame.ts); bearer token only
 *
 * Without login, and telling nothing: /livez, /readyz, /login?token, /login/start?next, /login/callback,
 * /login/out, /api/sign-in, /api/proof?nonce. Everything else is 401.
 */
import type { Obstacle } from '../approvals/voters.ts';
import type { LoginKind } from '../audit/access.ts';
import type { ApprovalTerms, AskedFor } from '../audit/approval.ts';
import type { ApprovalMark } from '../audit/decision.ts';
import type { AuditEvent } from '../audit/event.ts';
import type { Identity } from '../audit/identity.ts';
import type { BodySummary } from '../audit/request.ts';
import type { Micros, SessionId } from '../audit/units.ts';
import type { ErrorCode } from '../errors.ts';
import type { VerifyReport } from '../log/ports.ts';
import type { Permission } from './authorize.ts';
import type { Role } from './principal.ts';

export type { Blame, Chain, Finding, Link, Trace } from '../attribution/chain.ts';
export type { BlameQuery } from '../attribution/query.ts';
export type { SessionPage, SessionState, SessionSummary, VerifyReport } from '../log/ports.ts';
export type { Belongings, Offboarded } from '../offboard/offboard.ts';
export type { Explanation } from './explanation.ts';

/** The body of every answer that is not 2xx, and the last line of a stream that broke off. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string };
}

/** A line of `/events`. `content` is there only if asked for: base64, or null where retention removed it. */
export interface EventLine {
  event: AuditEvent;
  content?: string | null;
}

/** A line of `/api/verify`: how far it is, and at the end what was found. */
export type VerifyLine = { progress: { done: number; total: number } } | { report: VerifyReport };

/**
 * What does not work as it should: `policy`, where its file is invalid and the last good one is in force; `webhook`,
 * where a receiver was not told of something.
 */
export interface Trouble {
  what: 'policy' | 'webhook';
  message: string;
}

/** `/readyz` says `ok` and `degraded` alike to who is not logged in, without the reasons. */
export interface Health {
  state: 'ok' | 'degraded';
  troubles: Trouble[];
}

export interface WhoAmI {
  /** As it stands in `access.viewed`. Names the login, is no secret. */
  name: string;
  how: LoginKind;
  /** Who is behind it. */
  user: string;
  roles: Role[];
  /** What they may do to some session or other; see authorize.ts. The server decides each time. */
  may: Permission[];
}

/** The answer to `/api/logout` where the browser is signed in elsewhere too. */
export interface LoggedOut {
  /** Where that ends. */
  next: string;
}

/** What a command line needs to sign in, from `/api/sign-in`. */
export interface SignIn {
  issuer: string;
  clientId: string;
  scopes: readonly string[];
  /** What people know the provider by. */
  name: string;
}

/** What waits for a human, or was decided lately. Times in microseconds. */
export interface ApprovalView {
  id: string;
  /** The session that asks. */
  session: SessionId;
  requester: Identity;
  asked: AskedFor;
  rule: string;
  reason: string;
  terms: ApprovalTerms;
  requestedAt: Micros;
  body?: BodySummary;
  votes: { user: string; login: string; vote: 'approve' | 'deny'; comment?: string }[];
  state: 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled';
  settledAt?: Micros;
  /** Who cancelled it. */
  by?: string;
  /** While the very same passes again. */
  grantedUntil?: Micros;
  used: boolean;
  revoked: boolean;
  /** What the login that is shown it may do with it as it stands. */
  may: { vote: boolean; cancel: boolean; revoke: boolean };
  /** Why that login may not vote on what waits. */
  obstacle?: { why: 'role' | Obstacle['why']; message: string };
}

/** What a request would do: `after` is null where an object would be deleted, `before` where there is none yet. */
export type AskedEffect = { before: unknown; after: unknown } | { names: string[] };

export interface Approvals {
  approvals: ApprovalView[];
}

/** All there is at first, where it is much in several lines, and then each as it changes. */
export type ApprovalLine = { all: ApprovalView[] } | { more: ApprovalView[] } | { changed: ApprovalView };

/** What a process that asks is told: that it waits, under which id, and what became of it. */
export type AskLine = { waiting: string } | { mark: ApprovalMark };

export interface LoginLink {
  url: string;
}

/** Leads to the Kubernetes API through the gate; its token is a secret of that session. */
export interface KubeconfigText {
  kubeconfig: string;
}

/** What runs in a session takes back by it what that session asked; a secret of the session, worth nothing after it. */
export interface SessionToken {
  token: string;
}

export type CastFormat = 'v3' | 'v2' | 'txt' | 'json';
