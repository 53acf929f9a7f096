/**
 * Somebody leaves: what they have is looked up, then written down, then ended. A look changes nothing.
 *
 *   survey ──▶ the list ──▶ access.offboarded ──▶ logins, approvals, tokens, sessions end
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Approval, isGranted } from '../approvals/approval.ts';
import type { Desk } from '../approvals/desk.ts';
import type { Approver, AskedFor } from '../audit/approval.ts';
import { type Micros, type SessionId, SYSTEM } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import type { Endings } from '../log/endings.ts';
import type { Archive, ArchiveBySubject, Journal, SessionSummary } from '../log/ports.ts';
import type { Credential } from './credential.ts';
import type { Left } from './left.ts';
import { sessionsOf, survey } from './survey.ts';
import type { CredentialReads } from './trail.ts';

/** What somebody has, and what their agents got hold of. */
export interface Belongings {
  users: readonly string[];
  /** That run now. */
  sessions: SessionSummary[];
  approvals: HeldApproval[];
  /** Names of logins. */
  logins: string[];
  /** Sessions of theirs that were read for the credentials. */
  read: number;
  credentials: Credential[];
  /** True where there are more credentials than are told apart. */
  overflow: boolean;
}

export interface HeldApproval {
  id: string;
  session: SessionId;
  /** Who asks. */
  user: string;
  asked: AskedFor;
  /** `waits`: they ask for it; `holds`: it passes for them, or by their word, without being asked again. */
  state: 'waits' | 'holds';
}

/** What became of it. */
export interface Offboarded {
  users: readonly string[];
  /** `ended`, or why it may still run. */
  sessions: { id: SessionId; state: 'ended' | 'told' | 'unreachable' }[];
  approvals: { id: string; ended: boolean }[];
  logins: string[];
}

export interface OffboardOptions {
  archive: Archive & ArchiveBySubject;
  journal: Journal;
  desk: Desk | undefined;
  endings: Endings;
  logins: { of(user: string): string[]; end(user: string): string[] };
  left: Pick<Left, 'note'>;
  /** Ends what a session's processes may ask of the Kubernetes API. */
  revoke(session: SessionId): Promise<void>;
  reads: CredentialReads;
  now(): Micros;
  /** How long a session may take that was told to end, in milliseconds. */
  endWithin: number;
}

/** Until the log has heard of an end that was forced. */
const GRACE_MS = 1_000;
const LOOK_EVERY_MS = 50;

export async function belongings(
  options: OffboardOptions,
  users: readonly string[],
  signal?: AbortSignal,
): Promise<Belongings> {
  const { archive, reads } = options;
  const found = await survey(archive, users, { reads, ...(signal && { signal }) });
  return {
    users,
    sessions: found.sessions.filter(({ state }) => state === 'live'),
    approvals: heldBy(options, users),
    logins: users.flatMap((user) => options.logins.of(user)),
    read: found.sessions.length,
    credentials: found.credentials,
    overflow: found.overflow,
  };
}

/** @throws ChaperoneError `USAGE` for who would end themself, and those of `Journal.append`: then nothing is ended */
export async function offboard(
  options: OffboardOptions,
  users: readonly string[],
  by: Approver,
): Promise<Offboarded> {
  if (users.includes(by.user))
    throw new ChaperoneError('USAGE', `${by.user} cannot offboard themself: ask another admin`);
  const { journal, now, endings } = options;
  const running = await runningOf(options.archive, users);
  const held = heldBy(options, users);
  const logins = users.flatMap((user) => options.logins.of(user));
  for (const user of users) {
    const body = {
      ...{ type: 'access.offboarded' as const, user, by: { user: by.user, login: by.login } },
      sessions: running.filter(({ identity }) => identity.user === user).map(({ id }) => id),
      approvals: held.map(({ id }) => id),
      logins: options.logins.of(user),
    };
    await journal.append(SYSTEM, [{ at: now(), body }]);
  }
  for (const user of users) {
    options.left.note(user);
    options.logins.end(user);
  }
  const approvals = await Promise.all(held.map((one) => endApproval(options, one, by)));
  await Promise.allSettled(running.map(({ id }) => options.revoke(id)));
  const reason = `${by.user} ended it: ${users.join(', ')} left`;
  const told = new Map(running.map(({ id }) => [id, endings.end(id, reason)]));
  await untilEnded(
    options,
    [...told].filter(([, reached]) => reached).map(([id]) => id),
  );
  const sessions = await Promise.all(
    [...told].map(async ([id, reached]) => {
      const { state } = await options.archive.session(id);
      return { id, state: state !== 'live' ? 'ended' : reached ? 'told' : 'unreachable' } as const;
    }),
  );
  return { users, sessions, approvals, logins };
}

async function runningOf(archive: ArchiveBySubject, users: readonly string[]): Promise<SessionSummary[]> {
  const running: SessionSummary[] = [];
  for await (const session of sessionsOf(archive, users)) if (session.state === 'live') running.push(session);
  return running;
}

/** What they ask for, and what holds for them or by their vote. */
function heldBy({ desk, now }: OffboardOptions, users: readonly string[]): HeldApproval[] {
  return (desk?.list() ?? []).flatMap((approval) => {
    const { id, session, requester, asked } = approval.request;
    const isTheirs = [requester.user, ...(requester.humans ?? [])].some((name) => users.includes(name));
    const state = stateOf(approval, isTheirs, { users, now: now() });
    return state === null ? [] : [{ id, session, user: requester.user, asked, state }];
  });
}

function stateOf(
  approval: Approval,
  isTheirs: boolean,
  { users, now }: { users: readonly string[]; now: Micros },
): HeldApproval['state'] | null {
  if (approval.settled === null) return isTheirs ? 'waits' : null;
  const isByThem = approval.votes.some(({ by }) => users.includes(by.user));
  return isGranted(approval, now) && (isTheirs || isByThem) ? 'holds' : null;
}

async function endApproval(
  { desk }: OffboardOptions,
  { id, state }: HeldApproval,
  by: Approver,
): Promise<{ id: string; ended: boolean }> {
  const ending = state === 'waits' ? desk?.cancel(id, by.user, by.login) : desk?.revoke(id, by);
  try {
    await ending;
    return { id, ended: true };
  } catch (error) {
    // Settled meanwhile: then there is nothing left to end.
    return { id, ended: error instanceof ChaperoneError && error.code === 'SETTLED' };
  }
}

async function untilEnded({ archive, endWithin }: OffboardOptions, ids: readonly SessionId[]): Promise<void> {
  const deadline = performance.now() + endWithin + GRACE_MS;
  for (;;) {
    const states = await Promise.all(ids.map(async (id) => (await archive.session(id)).state));
    if (!states.includes('live') || performance.now() > deadline) return;
    await sleep(LOOK_EVERY_MS);
  }
}
