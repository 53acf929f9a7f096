/** Who came to the recorder, and what they were shown. */
import type { SessionId } from './units.ts';

/**
 * How somebody logged in: by a one-time link, by the token of the data directory, or through a provider, in a browser
 * (`oidc`) or with a command line (`device`), of a Pod by its ServiceAccount's token
 * (`workload`), or of what runs in a session by that one's own (`session`).
 */
export type LoginKind = 'link' | 'token' | 'oidc' | 'device' | 'workload' | 'session';

/** How somebody looked at a session: `export` is what leaves the house. */
export type Look = 'replay' | 'live' | 'export' | 'search' | 'verify' | 'blame';

export type AccessBody =
  | {
      type: 'access.login';
      how: LoginKind;
      /** Address of the client. */
      from: string;
      /** Names the login; absent in logs from before people had names. */
      login?: string;
      user?: string;
      /** Issuer and subject of who signed in at a provider, `https://issuer#sub`: stays when a name does not. */
      subject?: string;
    }
  /** A login ended before its time: `asked` by its owner, or `withdrawn` because the provider says no. */
  | { type: 'access.logout'; login: string; user: string; reason: 'asked' | 'withdrawn' }
  /**
   * `by` names the login, `user` who is behind it. `system` with `verify` is the whole log; with `blame` it is all that
   * they may see of what `about` says.
   */
  | { type: 'access.viewed'; session: SessionId; what: Look; about?: string; by: string; user?: string }
  /** Somebody was not let in, or not shown something. */
  | {
      type: 'access.refused';
      /** Address of the client. */
      from: string;
      /** What was asked for: a route, such as `GET /api/sessions/:id/cast`, or `login`. */
      what: string;
      /**
       * `credentials`: nobody knows who it was; `role`: no role of theirs may do this; `scope`: not to this session;
       * `unknown`: there is no such session, which they are told in both cases.
       */
      reason: 'credentials' | 'role' | 'scope' | 'unknown';
      /** What was wrong with the credentials, e.g. `expired`. */
      detail?: string;
      user?: string;
      /** Names the login. */
      login?: string;
      session?: SessionId;
      /** So many like it came before, too fast to be recorded each by itself. */
      omitted?: number;
    }
  /** Somebody left: what was ended. */
  | {
      type: 'access.offboarded';
      user: string;
      by: { user: string; login: string };
      sessions: SessionId[];
      /** Approvals whose grants were revoked, or that were cancelled. */
      approvals: string[];
      /** Names of logins. */
      logins: string[];
    };
