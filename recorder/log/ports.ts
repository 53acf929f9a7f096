/**
 * The two doors of the audit log: `Journal` to write evidence, `Archive` to read it.
 *
 * Both have a local form (this process holds the store) and a remote one (another process of the same
 * machine does, and is spoken to over its API), so that nobody who records or reads needs to know which.
 */
import type { AuditEvent, Draft } from '../audit/event.ts';
import type { Identity } from '../audit/identity.ts';
import type { Entrance, TerminalSize } from '../audit/session.ts';
import type { Term } from '../audit/terms.ts';
import type { Micros, SessionId } from '../audit/units.ts';

/** Where evidence goes in. */
export interface Journal {
  /**
   * Appends events to one session, in order. Resolves once they are *stored*: they survive `kill -9` of
   * every process of ours. Calls may overlap; their order is the order of the calls.
   * The bytes in the drafts must stay as they are until then, and are the caller's again from then on.
   * @throws ChaperoneError `STORE_FULL`, `STORE_FAILED`, `RECORDER_GONE`: the call is not acknowledged, and
   *   the caller must not let happen what it could not record. (Nothing of it was stored; except that where an append
   *   waits for the disk, and only the fsync failed, it may be in the log all the same.)
   */
  append(session: SessionId, drafts: readonly Draft[]): Promise<void>;
}

/** An event with the bytes it refers to. `content` is null where retention has removed them. */
export interface StoredEvent {
  event: AuditEvent;
  content: Uint8Array | null;
}

export type SessionState = 'live' | 'ended' | 'cut-off';

/** What a list shows of a session; a projection of its events, kept up to date by the log. */
export interface SessionSummary {
  id: SessionId;
  /** `cut-off`: its writer died before `session.end`. */
  state: SessionState;
  startedAt: Micros;
  /** Time of the last event. */
  lastAt: Micros;
  identity: Identity;
  host: string;
  command: string[];
  cwd: string;
  terminal?: TerminalSize & { term: string };
  /** Where it is no shell of this machine. */
  entrance?: Entrance;
  status?: number;
  error?: string;
  events: number;
  outputBytes: number;
  commands: number;
  /** Requests to the Kubernetes API. */
  requests: number;
  refused: number;
  unjudged: number;
}

export interface SessionPage {
  sessions: SessionSummary[];
  /** Pass as `before` to get the next page; absent on the last. */
  next?: string;
}

export interface SessionQuery {
  /** Cursor of a former page. */
  before?: string;
  /** 1–500, default 50. */
  limit?: number;
  /** Case-insensitive words, each of which some command line, program, user or host of the session contains. */
  search?: string;
}

/** Whose a session is, as far as it decides who may see it. */
export interface Subject {
  user: string;
  /** Of the Pod that the agent runs in; absent where it runs in none. */
  namespace?: string;
}

/** Where sessions are listed for who may see those of some. */
export interface ArchiveBySubject {
  /**
   * As `Archive.sessions`, of those whose subject `sees` accepts: what others there are does not show, in cursors neither,
   * and costs nothing.
   */
  sessionsOf(sees: (subject: Subject) => boolean, query?: SessionQuery): Promise<SessionPage>;
}

/** What a verification found wrong, and where. The first problem in log order comes first. */
export interface Problem {
  /** Closed set; see the table in verify.ts. */
  code: string;
  message: string;
  session?: SessionId;
  seq?: number;
  /** Offsets into the session's output stream (or the named file) that are affected. */
  range?: { from: number; to: number };
  file?: string;
}

export interface VerifyReport {
  ok: boolean;
  /** Leaves checked. */
  size: number;
  /** Sessions checked; events of the recorder itself are in none of them. */
  sessions: number;
  /** The signed note that the log was held against. */
  checkpoint: string;
  problems: Problem[];
}

/** Where evidence is read. */
export interface Archive {
  /**
   * Newest first. Cost does not depend on how many other sessions there are.
   * @throws ChaperoneError `USAGE` where `before` is no cursor of a page
   */
  sessions(query?: SessionQuery): Promise<SessionPage>;
  /** @throws ChaperoneError `SESSION_UNKNOWN` */
  session(id: SessionId): Promise<SessionSummary>;
  /**
   * A session's events from `from` (a seq) to its present end. With `content: false` none of its content is
   * read, and all of it is null: for who wants decisions and not the bytes between them.
   */
  events(
    id: SessionId,
    options?: { from?: number; content?: boolean; signal?: AbortSignal },
  ): AsyncIterable<StoredEvent>;
  /** The same, and then what is appended, without a gap, until the session ends or `signal` aborts. */
  follow(id: SessionId, options?: { from?: number; signal?: AbortSignal }): AsyncIterable<StoredEvent>;
  /** The latest signed checkpoint (C2SP tlog-checkpoint, a signed note). */
  checkpoint(): Promise<string>;
  verify(options?: {
    session?: SessionId;
    /** A signed note of this log that was kept elsewhere: the log must extend that one too. */
    checkpoint?: string;
    signal?: AbortSignal;
    progress?: (done: number, total: number) => void;
  }): Promise<VerifyReport>;
}

/** An event, and where it stands in the log. */
export interface Mention {
  index: number;
  event: AuditEvent;
}

/** Where events are found by what they speak of. */
export interface Mentions {
  /** The newest first. @param before index in the log */
  mentions(term: Term, before?: number): AsyncIterable<Mention>;
}
