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

/** Where an agent runs. */
export interface Pod {
  namespace: string;
  name: string;
  uid: string;
  serviceAccount: string;
  /** As they were at admission; absent where they are not known. */
  labels?: Record<string, string>;
}

/** Who asks. */
export interface Identity {
  user: string;
  groups: string[];
  pod?: Pod;
  /** Cursor's conversation and generation, where known. */
  conversation?: string;
  generation?: string;
  /** The people that it acts for, as they are called where they log in: the owner of the pod, the user of Cursor. */
  humans?: string[];
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
  /** What the rule says is allowed in its place. */
  instead?: string;
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

/**
 * How the API server itself reads a request; parts that a request does not have are empty.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/endpoints/request#RequestInfo
 */
export interface RequestInfo {
  /** get, list, watch, create, update, patch, delete, deletecollection; the method in lower case where `path` is. */
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  /** Empty for what lies in none, and for a request over all of them. */
  namespace: string;
  name: string;
  /** The path of a request that is for no resource (`/healthz`), decoded. */
  path: string;
}

/** What a client says of itself: good for grouping, proof of nothing. */
export interface ClientClaims {
  /** `User-Agent`. */
  agent?: string;
  /** `Kubectl-Command`, e.g. `kubectl get`. */
  command?: string;
  /** `Kubectl-Session`: one value for all requests of one kubectl run. */
  run?: string;
}

/** What is known of a body beside the part of it that is kept as content. */
export interface BodySummary {
  /** Media type as it was declared, without parameters that do not matter. */
  type: string;
  /** Length as it was sent, before a content encoding was undone. */
  bytes: number;
  /** Hex SHA-256 of the whole body as stored: encoding undone, and after masking. */
  sha256: string;
  /** The content encoding that was undone. */
  encoding?: 'gzip';
  /** True where values in it were masked before it was stored; what was no JSON is stored as JSON then. */
  masked?: true;
  /** Nothing of it is stored, because its values would have to be masked and could not be: why. */
  withheld?: string;
  /** Bytes that were not kept, because the body was longer than the policy keeps. */
  cut?: number;
}

/** A session that is no shell of this machine: where it came in. */
export type Entrance =
  /** All requests of one bearer token to the Kubernetes API; `as` whom they go on, where that is by impersonation. */
  | { kind: 'api'; server: string; as?: { user: string; groups: string[] } }
  /** One exec, attach or port-forward, and the request that opened it. */
  | {
      kind: 'remote';
      subresource: 'exec' | 'attach' | 'portforward';
      namespace: string;
      pod: string;
      container: string;
      origin: { session: SessionId; request: string };
    }
  /** What the hooks of one conversation with Cursor's agent told. */
  | { kind: 'cursor'; conversation: string; roots: string[] };

/** What a human is asked to let happen: all that they see of it, beside the body of a request. */
export type AskedFor =
  | { kind: 'command'; line: string; cwd: string; commands: CommandSummary[]; unknown: string[] }
  | {
      kind: 'request';
      method: string;
      uri: string;
      request: RequestInfo;
      dryRun: boolean;
      unknown: string[];
      /** What it would do, as things stood when it was asked; absent in what was recorded before this was known. */
      effect?: RequestEffect;
    }
  | {
      kind: 'tool';
      use: ToolUse;
      tool: string;
      server: string;
      path: string;
      cwd: string;
      unknown: string[];
    };

/**
 * What a request would do, as a dry run of the API server showed. What exactly is the content of `approval.effect`,
 * unless it is `withheld`: why. `uid` is empty for an object that is not there yet.
 */
export type RequestEffect =
  /** So many places in the object would be other than they are. */
  | { kind: 'change'; uid: string; places: number; withheld?: string }
  | { kind: 'deletion'; uid: string; withheld?: string }
  /** So many objects would be deleted; `more`: that many are only those that were counted. */
  | { kind: 'collection'; count: number; more: boolean }
  /** A program would run in this pod, or a connection be made to it. */
  | { kind: 'pod'; uid: string }
  | { kind: 'unknown'; why: string };

/** Who may decide on an approval, and how long it and the decision hold. */
export interface ApprovalTerms {
  /** Of one of these an approver has to be; empty where any approver may decide. */
  groups: string[];
  /** So many have to approve; one refusal is enough to deny. */
  quorum: number;
  /** That is one more than the policy says, since nothing proves which person asks: it may be one of them. */
  unproven?: true;
  /** True where the requester may decide as well. */
  selfApproval: boolean;
  /** Nobody having decided by then means no. */
  until: Micros;
  /** Microseconds for which a decision holds for the very same action asked again. */
  validity: Micros;
}

/** A human who decides, as their login says. */
export interface Approver {
  user: string;
  groups: string[];
  /** Names the login; see `access.login`. */
  login: string;
}

/** An approval that stands behind a decision. */
export interface ApprovalMark {
  id: string;
  state: 'approved' | 'denied' | 'expired' | 'cancelled' | 'abandoned';
  /** The users who decided. */
  by: string[];
  /** What the last of them said. */
  comment?: string;
}

/** What an agent does with a tool of its own: a call over MCP, reading or editing a file, or any other call. */
export type ToolUse = 'mcp' | 'read' | 'edit' | 'call';

/**
 * How somebody logged in: by a one-time link, by the token of the data directory, or through a provider, in a browser
 * (`oidc`) or with a command line (`device`), or of a Pod by its ServiceAccount's token (`workload`).
 */
export type LoginKind = 'link' | 'token' | 'oidc' | 'device' | 'workload';

/** How somebody looked at a session: `export` is what leaves the house. */
export type Look = 'replay' | 'live' | 'export' | 'search' | 'verify';

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
      /** Where it is no shell of this machine. */
      entrance?: Entrance;
    }
  /** `stream` where it is not standard output, and there is no terminal to join the two. */
  | { type: 'session.output'; content: Content; stream?: 'stderr' }
  | { type: 'session.input'; content: Content }
  | ({ type: 'session.resize' } & TerminalSize)
  | {
      type: 'session.end';
      /**
       * `exited`: by itself; `signalled`; `refused`: by policy; `failed`: our own error, or one of the server's;
       * `detached`: who watched a remote command left before it ended.
       */
      reason: 'exited' | 'signalled' | 'refused' | 'failed' | 'detached';
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
      /** Where a human was asked. */
      approval?: ApprovalMark;
    }
  /** What a hook of Cursor was told, before it is answered. */
  | {
      type: 'hook.received';
      /** As Cursor names it, e.g. `beforeShellExecution`; empty where what came could not be read. */
      hook: string;
      /** Cursor's own ids; empty where they are not told. */
      conversation: string;
      generation: string;
      model: string;
      /** Who is signed in at Cursor, as the hook says. */
      email?: string;
      /** Members of it whose content is not kept, and are replaced by their length. */
      withheld?: string[];
      /** The JSON that it was given. */
      content: Content;
    }
  /** An agent's own tool: a call over MCP, or a file that it reads or edits. */
  | {
      type: 'tool.decided';
      use: ToolUse;
      /** Empty where it is not told. */
      tool: string;
      /** URL or command line of the MCP server; empty for a file. */
      server: string;
      /** Of a file; empty where it is not known. */
      path: string;
      cwd: string;
      /** Why parts could not be understood, empty when all were. */
      unknown: string[];
      decision: Decision;
      /** True if it was let run. */
      allowed: boolean;
      /** Where a human was asked. */
      approval?: ApprovalMark;
      /** What the tool was given. */
      content?: Content;
    }
  | {
      type: 'request.admitted';
      /** UUID; goes upstream as `Audit-ID`, so that the cluster's own audit log joins this one. */
      id: string;
      method: string;
      /** Path and query as they are forwarded. */
      uri: string;
      request: RequestInfo;
      /** True where the server will change nothing. */
      dryRun: boolean;
      client: ClientClaims;
      decision: Decision;
      /** True if it was let go on. */
      allowed: boolean;
      /** Where a human was asked. */
      approval?: ApprovalMark;
      /** What it does beyond its words could not be determined: why. Empty where all is known. */
      unknown: string[];
      /** The session that it opens. */
      opens?: SessionId;
      /** The refused request that it repeats over another protocol: kubectl tries SPDY where a WebSocket is refused. */
      repeats?: string;
      body?: BodySummary;
      /** The body. */
      content?: Content;
    }
  /** A piece of the answer's body, in order; stored before it is passed on. */
  | { type: 'request.answer'; id: string; content: Content }
  | {
      type: 'request.ended';
      id: string;
      /**
       * `answered` by the server; `refused` by us; `failed`: no answer or a broken one; `cancelled` by the client;
       * `upgraded`: the session that it opened has ended.
       */
      outcome: 'answered' | 'refused' | 'failed' | 'cancelled' | 'upgraded';
      /** HTTP status that the client was given; 0 where it was given none. */
      status: number;
      /** From the admission to the end, in microseconds. */
      micros: number;
      answer?: BodySummary;
      /** The whole body of the answer where it is small, else its last piece. */
      content?: Content;
      error?: string;
    }
  /** A file copied through a session (`kubectl cp`). */
  | {
      type: 'session.file';
      direction: 'to' | 'from';
      path: string;
      kind: 'file' | 'directory' | 'link' | 'other';
      bytes: number;
      /** Hex; of files only, and of none in which a known secret was found: it could be guessed. */
      sha256?: string;
      /** True where it broke off: size and digest are of what passed. */
      cut?: true;
    }
  /** A connection through a forwarded port; `number` counts those of the session from 1. */
  | { type: 'connection.opened'; number: number; port: number }
  | {
      type: 'connection.closed';
      number: number;
      /** Bytes from the client, and to it. */
      sent: number;
      received: number;
      /** From its opening on. */
      micros: number;
      error?: string;
    }
  | {
      type: 'approval.requested';
      /** ULID. */
      id: string;
      /** The session that asks, */
      session: SessionId;
      /** and the one that opened it for a single command. */
      origin?: SessionId;
      requester: Identity;
      asked: AskedFor;
      /** Hex SHA-256 of the exact action: an approval is for this and nothing else. */
      digest: string;
      rule: string;
      reason: string;
      terms: ApprovalTerms;
      body?: BodySummary;
      content?: Content;
    }
  /**
   * What the request would do: JSON, masked, without what the server keeps for itself. `{before, after}` of an object, null
   * where there is none, or the `{names}` of those in a collection.
   */
  | { type: 'approval.effect'; id: string; content: Content }
  | {
      type: 'approval.voted';
      id: string;
      by: Approver;
      vote: 'approve' | 'deny';
      comment?: string;
      /** The very same action passes again in the same conversation until so many microseconds later. */
      grant?: Micros;
    }
  | {
      type: 'approval.settled';
      id: string;
      state: 'approved' | 'denied' | 'expired' | 'cancelled';
      /** Who cancelled it, and the login they did it from. */
      by?: string;
      login?: string;
      /** Until then the very same action passes again in the same conversation. */
      grantedUntil?: Micros;
    }
  /** What was approved went on, in that session. */
  | { type: 'approval.used'; id: string; session: SessionId }
  /** What went on in that session did not come to be: nothing was run, nothing changed. It is tried again by the same approval. */
  | { type: 'approval.returned'; id: string; session: SessionId; reason: string }
  /** A grant ends before its time. */
  | { type: 'approval.revoked'; id: string; by: Approver }
  | { type: 'policy.loaded'; digest: string; source: string }
  /** `kept` is the digest of the policy that stays in force; absent where there is none, and nothing runs. */
  | { type: 'policy.rejected'; source: string; error: string; kept?: string }
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
  /** `by` names the login, `user` who is behind it. `system` with `verify` is the whole log. */
  | { type: 'access.viewed'; session: SessionId; what: Look; by: string; user?: string }
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
    }
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

/** What an event says of its content; null where it has none. */
export function contentOf({ body }: Pick<AuditEvent, 'body'>): ContentRef | null {
  return ('content' in body ? body.content : undefined) ?? null;
}
