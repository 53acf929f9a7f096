/**
 * Hostile bytes → an event of the closed union: exact members, exact kinds, and only in canonical form,
 * so that one event has one encoding and one leaf hash.
 */
import { z } from 'zod';
import { ChaperoneError } from '../errors.ts';
import { canonicalBytes } from './canonical.ts';
import type { AuditEvent } from './event.ts';
import { SYSTEM } from './units.ts';

/** https://github.com/ulid/spec */
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

const count = z.int().min(0);
const effect = z.enum(['allow', 'deny', 'ask']);
const session = z.string().refine(isSessionId, 'not a session id');
const content = z.strictObject({ bytes: count, hash: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });
const size = { cols: count, rows: count };

const agentRun = z.strictObject({
  issuer: z.string(),
  subject: z.string(),
  agent: z.string(),
  turn: z.string(),
  team: z.string(),
});

const identity = z.strictObject({
  user: z.string(),
  groups: z.array(z.string()),
  subject: z.string().exactOptional(),
  pod: z
    .strictObject({
      namespace: z.string(),
      name: z.string(),
      uid: z.string(),
      serviceAccount: z.string(),
      labels: z.record(z.string(), z.string()).exactOptional(),
    })
    .exactOptional(),
  conversation: z.string().exactOptional(),
  generation: z.string().exactOptional(),
  humans: z.array(z.string()).exactOptional(),
  run: agentRun.exactOptional(),
  proof: z.enum(['signed', 'hook', 'claimed']),
});

const decision = z.strictObject({
  effect,
  rule: z.string(),
  reason: z.string(),
  instead: z.string().exactOptional(),
  unjudged: z.boolean(),
});

const command = z.strictObject({
  program: z.string(),
  argv: z.array(z.string()),
  via: z.array(z.string()),
});

const request = z.strictObject({
  verb: z.string(),
  group: z.string(),
  version: z.string(),
  resource: z.string(),
  subresource: z.string(),
  namespace: z.string(),
  name: z.string(),
  path: z.string(),
});

const client = z.strictObject({
  agent: z.string().exactOptional(),
  command: z.string().exactOptional(),
  run: z.string().exactOptional(),
});

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const requestId = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

const bodySummary = z.strictObject({
  type: z.string(),
  bytes: count,
  sha256,
  encoding: z.literal('gzip').exactOptional(),
  masked: z.literal(true).exactOptional(),
  withheld: z.string().exactOptional(),
  cut: count.exactOptional(),
});

const changedObject = z.strictObject({
  group: z.string(),
  resource: z.string(),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
});

const entrance = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('api'),
    server: z.string(),
    as: z.strictObject({ user: z.string(), groups: z.array(z.string()) }).exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('remote'),
    subresource: z.enum(['exec', 'attach', 'portforward']),
    namespace: z.string(),
    pod: z.string(),
    container: z.string(),
    origin: z.strictObject({ session, request: requestId }),
  }),
  z.strictObject({
    kind: z.literal('cursor'),
    conversation: z.string(),
    roots: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal('launcher'),
    shell: z.string(),
    pid: count,
    parent: z.string(),
    wrapper: z
      .strictObject({ agent: z.enum(['cursor', 'claude', 'gemini']), line: z.string() })
      .exactOptional(),
  }),
]);

const ulid = z.string().regex(ULID, 'not a ULID');

const effectOfRequest = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('change'),
    uid: z.string(),
    places: count,
    withheld: z.string().exactOptional(),
  }),
  z.strictObject({ kind: z.literal('deletion'), uid: z.string(), withheld: z.string().exactOptional() }),
  z.strictObject({ kind: z.literal('collection'), count, more: z.boolean() }),
  z.strictObject({ kind: z.literal('pod'), uid: z.string() }),
  z.strictObject({ kind: z.literal('unknown'), why: z.string() }),
]);

const asked = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('command'),
    line: z.string(),
    cwd: z.string(),
    commands: z.array(command),
    unknown: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal('request'),
    method: z.string(),
    uri: z.string(),
    request,
    dryRun: z.boolean(),
    unknown: z.array(z.string()),
    effect: effectOfRequest.exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('tool'),
    use: z.enum(['mcp', 'read', 'edit', 'call']),
    tool: z.string(),
    server: z.string(),
    path: z.string(),
    cwd: z.string(),
    unknown: z.array(z.string()),
  }),
]);

const terms = z.strictObject({
  groups: z.array(z.string()),
  quorum: z.int().min(1),
  unproven: z.literal(true).exactOptional(),
  selfApproval: z.boolean(),
  until: count,
  validity: count,
});

const approver = z.strictObject({
  user: z.string(),
  groups: z.array(z.string()),
  login: z.string(),
  subject: z.string().exactOptional(),
});

const approval = z.strictObject({
  id: ulid,
  state: z.enum(['approved', 'denied', 'expired', 'cancelled', 'abandoned']),
  by: z.array(z.string()),
  comment: z.string().exactOptional(),
});

const body = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('session.start'),
    identity,
    host: z.string(),
    command: z.array(z.string()),
    cwd: z.string(),
    terminal: z.strictObject({ ...size, term: z.string() }).exactOptional(),
    policy: z.string(),
    agent: z.string(),
    entrance: entrance.exactOptional(),
  }),
  z.strictObject({ type: z.literal('identity.proven'), identity, until: count }),
  z.strictObject({
    type: z.literal('session.output'),
    content,
    stream: z.literal('stderr').exactOptional(),
    covers: count.exactOptional(),
  }),
  z.strictObject({ type: z.literal('session.input'), content }),
  z.strictObject({ type: z.literal('session.resize'), ...size }),
  z.strictObject({
    type: z.literal('session.end'),
    reason: z.enum(['exited', 'signalled', 'refused', 'failed', 'detached']),
    status: z.int().min(0).max(255),
    error: z.string().exactOptional(),
  }),
  z.strictObject({
    type: z.literal('command.decided'),
    line: z.string(),
    context: z.enum(['prompt', 'completion']).exactOptional(),
    cwd: z.string(),
    commands: z.array(command),
    writes: z.array(z.string()).exactOptional(),
    unknown: z.array(z.string()),
    decision,
    allowed: z.boolean(),
    approval: approval.exactOptional(),
  }),
  z.strictObject({
    type: z.literal('hook.received'),
    hook: z.string(),
    conversation: z.string(),
    generation: z.string(),
    model: z.string(),
    email: z.string().exactOptional(),
    path: z.string().exactOptional(),
    withheld: z.array(z.string()).exactOptional(),
    content,
  }),
  z.strictObject({
    type: z.literal('tool.decided'),
    use: z.enum(['mcp', 'read', 'edit', 'call']),
    tool: z.string(),
    server: z.string(),
    path: z.string(),
    cwd: z.string(),
    unknown: z.array(z.string()),
    decision,
    allowed: z.boolean(),
    approval: approval.exactOptional(),
    content: content.exactOptional(),
  }),
  z.strictObject({
    type: z.literal('request.admitted'),
    id: requestId,
    method: z.string(),
    uri: z.string(),
    request,
    dryRun: z.boolean(),
    client,
    decision,
    allowed: z.boolean(),
    approval: approval.exactOptional(),
    unknown: z.array(z.string()),
    opens: session.exactOptional(),
    repeats: requestId.exactOptional(),
    body: bodySummary.exactOptional(),
    content: content.exactOptional(),
  }),
  z.strictObject({ type: z.literal('request.answer'), id: requestId, content }),
  z.strictObject({
    type: z.literal('request.ended'),
    id: requestId,
    outcome: z.enum(['answered', 'refused', 'failed', 'cancelled', 'upgraded']),
    status: z.int().min(0).max(999),
    micros: count,
    answer: bodySummary.exactOptional(),
    object: changedObject.exactOptional(),
    content: content.exactOptional(),
    error: z.string().exactOptional(),
  }),
  z.strictObject({
    type: z.literal('session.file'),
    direction: z.enum(['to', 'from']),
    path: z.string(),
    kind: z.enum(['file', 'directory', 'link', 'other']),
    bytes: count,
    sha256: sha256.exactOptional(),
    cut: z.literal(true).exactOptional(),
  }),
  z.strictObject({
    type: z.literal('connection.opened'),
    number: z.int().min(1),
    port: z.int().min(0).max(65535),
  }),
  z.strictObject({
    type: z.literal('connection.closed'),
    number: z.int().min(1),
    sent: count,
    received: count,
    micros: count,
    error: z.string().exactOptional(),
  }),
  z.strictObject({
    type: z.literal('approval.requested'),
    id: ulid,
    session,
    origin: session.exactOptional(),
    requester: identity,
    asked,
    digest: sha256,
    rule: z.string(),
    reason: z.string(),
    terms,
    body: bodySummary.exactOptional(),
    content: content.exactOptional(),
  }),
  z.strictObject({ type: z.literal('approval.effect'), id: ulid, content }),
  z.strictObject({
    type: z.literal('approval.voted'),
    id: ulid,
    by: approver,
    vote: z.enum(['approve', 'deny']),
    comment: z.string().exactOptional(),
    grant: count.exactOptional(),
  }),
  z.strictObject({
    type: z.literal('approval.settled'),
    id: ulid,
    state: z.enum(['approved', 'denied', 'expired', 'cancelled']),
    by: z.string().exactOptional(),
    login: z.string().exactOptional(),
    grantedUntil: count.exactOptional(),
  }),
  z.strictObject({ type: z.literal('approval.used'), id: ulid, session }),
  z.strictObject({ type: z.literal('approval.returned'), id: ulid, session, reason: z.string() }),
  z.strictObject({ type: z.literal('approval.revoked'), id: ulid, by: approver }),
  z.strictObject({ type: z.literal('policy.loaded'), digest: z.string(), source: z.string() }),
  z.strictObject({
    type: z.literal('policy.rejected'),
    source: z.string(),
    error: z.string(),
    kept: z.string().exactOptional(),
  }),
  z.strictObject({
    type: z.literal('access.login'),
    how: z.enum(['link', 'token', 'oidc', 'device', 'workload', 'session']),
    from: z.string(),
    login: z.string().exactOptional(),
    user: z.string().exactOptional(),
    subject: z.string().exactOptional(),
  }),
  z.strictObject({
    type: z.literal('access.logout'),
    login: z.string(),
    user: z.string(),
    reason: z.enum(['asked', 'withdrawn']),
  }),
  z.strictObject({
    type: z.literal('access.viewed'),
    session,
    what: z.enum(['replay', 'live', 'export', 'search', 'verify', 'blame']),
    about: z.string().exactOptional(),
    by: z.string(),
    user: z.string().exactOptional(),
  }),
  z.strictObject({
    type: z.literal('access.refused'),
    from: z.string(),
    what: z.string(),
    reason: z.enum(['credentials', 'role', 'scope', 'unknown']),
    detail: z.string().exactOptional(),
    user: z.string().exactOptional(),
    login: z.string().exactOptional(),
    session: session.exactOptional(),
    omitted: count.exactOptional(),
  }),
  z.strictObject({
    type: z.literal('access.offboarded'),
    user: z.string(),
    by: z.strictObject({ user: z.string(), login: z.string() }),
    sessions: z.array(session),
    approvals: z.array(ulid),
    logins: z.array(z.string()),
  }),
  z.strictObject({
    type: z.literal('gap'),
    reason: z.string(),
    from: count,
    lost: z.strictObject({ events: count.exactOptional(), bytes: count.exactOptional() }).exactOptional(),
  }),
]);

const event: z.ZodType<AuditEvent> = z.strictObject({
  v: z.literal(1),
  session,
  seq: count,
  at: count,
  body,
});

/** `system`, or a ULID. */
export function isSessionId(id: string): boolean {
  return id === SYSTEM || ULID.test(id);
}

/** @throws ChaperoneError `EVENT_INVALID`, naming the first member that is wrong */
export function decodeEvent(bytes: Uint8Array): AuditEvent {
  const decoded = checkEvent(parse(bytes));
  if (!canonicalBytes(decoded).equals(bytes)) throw invalid('it is not in canonical form');
  return decoded;
}

/** An event handed over as a value, checked. @throws ChaperoneError `EVENT_INVALID` */
export function checkEvent(value: unknown): AuditEvent {
  const result = event.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalid(`${issue?.path.join('.') || 'the event'}: ${issue?.message ?? 'wrong'}`);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw invalid('it is not JSON');
  }
}

function invalid(why: string): ChaperoneError {
  return new ChaperoneError('EVENT_INVALID', `this is not an audit event: ${why}`);
}
