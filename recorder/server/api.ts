/**
 * The JSON shapes of the HTTP API, types only: safe to import from the browser.
 *
 *   GET  /api/sessions?before&limit&search          SessionPage
 *   GET  /api/sessions/:id                          SessionSummary
 *   GET  /api/sessions/:id/cast?format&download=1   the recording: v3 (default), v2, txt or json
 *   GET  /api/sessions/:id/events?type&from&request&content=base64&follow=1   EventLine, a line each
 *   GET  /api/sessions/:id/search?q                 a match a line (see recorder/export/search.ts)
 *   GET  /api/sessions/:id/live                     WebSocket (see live.ts)
 *   GET  /api/verify?session                        VerifyLine, a line each
 *   GET  /api/checkpoint                            text: the signed note
 *   GET  /api/whoami                                WhoAmI
 *   POST /api/login-link                            LoginLink; bearer token only
 *   POST /api/sessions/:id/kubeconfig               KubeconfigText; bearer token only, where a proxy runs
 *   DELETE /api/sessions/:id/kubeconfig             {} once it is worth nothing; bearer token only
 *   POST /api/logout                                204
 *   GET  /ingest                                    WebSocket (see ingest/frame.ts); bearer token only
 *
 * Without login, and telling nothing: /livez, /readyz, /login?token, /api/proof?nonce. Everything else is 401.
 */
import type { AuditEvent } from '../audit/event.ts';
import type { ErrorCode } from '../errors.ts';
import type { VerifyReport } from '../log/ports.ts';

export type { SessionPage, SessionState, SessionSummary, VerifyReport } from '../log/ports.ts';

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

export interface WhoAmI {
  /** As it stands in `access.viewed`. Names the login, is no secret. */
  name: string;
  how: 'link' | 'token';
}

export interface LoginLink {
  url: string;
}

/** Leads to the Kubernetes API through the gate; its token is a secret of that session. */
export interface KubeconfigText {
  kubeconfig: string;
}

export type CastFormat = 'v3' | 'v2' | 'txt' | 'json';
