/**
 * The closed union of everything that can be recorded.
 *
 * An event is a leaf of the audit log: it is small, canonical (RFC 8785) and stays for ever. Bytes that
 * a person or a program produced (terminal output, bodies) are *content*: stored beside the log, committed
 * to by a salted hash, and removable without breaking the log.
 */

import type { AccessBody } from './access.ts';
import type { ApprovalBody } from './approval.ts';
import type { DecisionBody } from './decision.ts';
import type { RequestBody } from './request.ts';
import type { SessionBody } from './session.ts';
import type { ContentRef, Micros, SessionId } from './units.ts';

/** Generic over how content appears: a reference in the log, raw bytes in a draft. */
type Body<Content> =
  | SessionBody<Content>
  | DecisionBody<Content>
  | RequestBody<Content>
  | ApprovalBody<Content>
  | AccessBody
  | { type: 'policy.loaded'; digest: string; source: string }
  /** `kept` is the digest of the policy that stays in force; absent where there is none, and nothing runs. */
  | { type: 'policy.rejected'; source: string; error: string; kept?: string }
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
