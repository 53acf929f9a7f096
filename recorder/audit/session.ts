/** What is recorded of a session: a terminal, a remote command, the traffic of one client. */
import type { Identity } from './identity.ts';
import type { Micros, SessionId } from './units.ts';

export interface TerminalSize {
  cols: number;
  rows: number;
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
  | { kind: 'cursor'; conversation: string; roots: string[] }
  /** A shell that the launcher stands in for, in a container or on this machine. */
  | {
      kind: 'launcher';
      /** Path of the real one. */
      shell: string;
      /** As the launcher says, in its own namespace. */
      pid: number;
      /** Program that has started it; empty where that is not told. */
      parent: string;
      /** Whose wrapper is around the command, and the command in it. */
      wrapper?: { agent: 'cursor' | 'claude' | 'gemini'; line: string };
    };

export type SessionBody<Content> =
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
  | {
      type: 'session.output';
      content: Content;
      stream?: 'stderr';
      /** How many bytes of the stream it stands for, where masking has made it another length. */
      covers?: number;
    }
  /** From here on a signed token says for whom the agent of this pod works; or another one than before. */
  | { type: 'identity.proven'; identity: Identity; until: Micros }
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
    };
