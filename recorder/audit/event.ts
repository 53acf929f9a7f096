/**
 * The closed union of everything that can be recorded.
 *
 * An event is a leaf of the audit log: it is small, canonical (RFC 8785) and stays for ever. Bytes that
 * a person or a program produced (terminal output, bodies) are *content*: stored beside the log, committed
 * to by a salted hash, and removable without breaking the log.
 */

/** Microseconds since the Unix epoch, an integer. Monotonic within one session. */
export type Micros = number;

/** A session's id: `SYSTEM`, or 26 characters of Crockford base 32 that sort by time (ULID). */
export type SessionId = string;

/** The stream of events that belong to no session: logins, policy changes. */
export const SYSTEM: SessionId = 'system';

/** What an attribution rests on: a signed token, a Cursor hook's word, or the process's own claim. */
export type Proof = 'signed' | 'hook' | 'claimed';

/** Who asks. */
export interface Identity {
  user: string;
  groups: string[];
  pod?: { namespace: string; name: string; uid: string; serviceAccount: string };
  /** Cursor's conversation and generation, where known. */
  conversation?: string;
  generation?: string;
  proof: Proof;
}

export type Effect = 'allow' | 'deny' | 'ask';

/** What the policy says of one action. */
export interface Decision {
  effect: Effect;
  /** The rule that decided: `policy-name/rule-name`, `builtin/…`, or `default/…`. */
  rule: string;
  /** One sentence for the person who is refused. */
  reason: string;
  /** True where no rule could judge it (`unknown`) and the default let it pass: shown as a visible mark. */
  unjudged: boolean;
}

/** One simple command found in a line, unwrapped: what a search and a reviewer see. */
export interface CommandSummary {
  /** Basename of the program, e.g. `rm`. */
  program: string;
  argv: string[];
  /** The wrappers it was found under, outermost first, e.g. `['sudo', 'xargs']`. */
  via: string[];
}

/** A reference to stored content. */
export interface ContentRef {
  /** Length of the bytes, after masking. */
  bytes: number;
  /** base64url of SHA-256(salt ‖ bytes), salt 16 random bytes stored with the content. */
  hash: string;
}

export interface TerminalSize {
  cols: number;
  rows: number;
}

/** Generic over how content appears: a reference in the log, raw bytes in a draft. */
type Body<Content> =
  | {
      type: 'session.start';
      identity: Identity;
      host: string;
      /** The argv that was asked for, e.g. `['bash', '-i']`. */
      command: string[];
      cwd: string;
      terminal?: TerminalSize & { term: string };
      /** Digest of the policy in force. */
      policy: string;
      /** Chaperone's version. */
      agent: string;
    }
  | { type: 'session.output'; content: Content }
  | { type: 'session.input'; content: Content }
  | ({ type: 'session.resize' } & TerminalSize)
  | {
      type: 'session.end';
      /** `exited`: by itself; `signalled`; `refused`: by policy, never started; `failed`: our own error. */
      reason: 'exited' | 'signalled' | 'refused' | 'failed';
      /** Exit status as a shell shows it: 0–255, 128+n for signal n. */
      status: number;
      error?: string;
    }
  | {
      type: 'command.decided';
      /** The text as the shell was about to run it. */
      line: string;
      /** Whose it is where it is not the user's: the shell's own prompt or completion ran it. */
      context?: 'prompt' | 'completion';
      cwd: string;
      commands: CommandSummary[];
      /** Why parts could not be understood, empty when all were. */
      unknown: string[];
      decision: Decision;
      /** True if it was let run. */
      allowed: boolean;
    }
  | { type: 'policy.loaded'; digest: string; source: string }
  | { type: 'policy.rejected'; source: string; error: string }
  | { type: 'access.login'; how: 'link' | 'token'; from: string }
  | { type: 'access.viewed'; session: SessionId; what: 'replay' | 'live' | 'export'; by: string }
  | { type: 'gap'; reason: string; from: Micros; lost?: { events?: number; bytes?: number } };

/** What an event says, as it stands in the log. */
export type EventBody = Body<ContentRef>;
/** What a writer hands in: content as bytes. */
export type DraftBody = Body<Uint8Array>;

/** An event as it stands in the log. Canonical form: RFC 8785 over exactly these members. */
export interface AuditEvent {
  v: 1;
  session: SessionId;
  /** Place in the session, from 0, without holes. */
  seq: number;
  at: Micros;
  body: EventBody;
}

/** An event on its way into the log. */
export interface Draft {
  at: Micros;
  body: DraftBody;
}

export type EventType = EventBody['type'];
export type BodyOf<T extends EventType> = Extract<EventBody, { type: T }>;

/** What a prompt or a completion was let run is the shell's own business: nobody needs to be shown it. */
export function isRoutine({ context, allowed }: BodyOf<'command.decided'>): boolean {
  return context !== undefined && allowed;
}
