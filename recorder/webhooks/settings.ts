/** Who is told of approvals, and of which. */
import type { AskedFor } from '../audit/approval.ts';

/** `json`: see message.ts. `slack`: what incoming webhooks of Slack, and of those that do as it does, take. */
export type Shape = 'json' | 'slack';

export const MESSAGE_TYPES = [
  'approval.requested',
  'approval.voted',
  'approval.approved',
  'approval.denied',
  'approval.expired',
  'approval.cancelled',
  'approval.used',
  'approval.revoked',
] as const;

export type MessageType = (typeof MESSAGE_TYPES)[number];

/** What people want to hear of, where nothing else is said. */
export const USUAL: readonly MessageType[] = MESSAGE_TYPES.filter(
  (type) => type !== 'approval.voted' && type !== 'approval.used',
);

export interface TargetSettings {
  /** Stands for it in the log and in `/api/health`: its address may be a secret. */
  name: string;
  url: URL;
  shape: Shape;
  /** What messages are signed with; null for who checks nothing. */
  secret: Uint8Array | null;
  types: readonly MessageType[];
  /** Only of requests that members of one of these may decide on; of all where it is null. */
  groups: readonly string[] | null;
  /** Only of these kinds; of all where it is null. */
  kinds: readonly AskedFor['kind'][] | null;
  /** Only by a rule that one of these globs matches; by all where it is null. */
  rules: readonly string[] | null;
  /** Only of requests of Pods in namespaces that one of these globs matches; of all, and of those of no Pod, where it is null. */
  namespaces: readonly string[] | null;
}
