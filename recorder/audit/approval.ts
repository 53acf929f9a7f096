/** What a person is asked, and what is recorded of it. */
import type { CommandSummary, ToolUse } from './decision.ts';
import type { Identity } from './identity.ts';
import type { BodySummary, RequestEffect, RequestInfo } from './request.ts';
import type { Micros, SessionId } from './units.ts';

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
  /** Issuer and subject of who signed in at a provider: see `access.login`. */
  subject?: string;
}

export type ApprovalBody<Content> =
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
  | { type: 'approval.revoked'; id: string; by: Approver };
