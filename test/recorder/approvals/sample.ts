/** Requests, and a desk on a real log, for the tests of approvals. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Asking } from '../../../recorder/approvals/asking.ts';
import { Desk } from '../../../recorder/approvals/desk.ts';
import type { ApprovalTerms, Approver } from '../../../recorder/audit/approval.ts';
import type { BodyOf } from '../../../recorder/audit/event.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { newData } from '../log/sample.ts';

export const SESSION = '01J00000000000000000000001';
export const SECOND = 1_000_000;

export function asking(change: Partial<Asking> = {}, terms: Partial<Asking['terms']> = {}): Asking {
  return {
    session: SESSION,
    requester: { user: 'agent', groups: [], conversation: 'c1', proof: 'claimed' },
    asked: { kind: 'command', line: 'make deploy', cwd: '/', commands: [], unknown: [] },
    digest: 'd'.repeat(64),
    rule: 'team/deploys',
    reason: 'A deployment wants a second pair of eyes.',
    terms: {
      groups: [],
      quorum: 1,
      selfApproval: false,
      timeout: 60 * SECOND,
      validity: 60 * SECOND,
      ...terms,
    },
    ...change,
  };
}

export function request(terms: Partial<ApprovalTerms> = {}): BodyOf<'approval.requested'> {
  const { session, requester, asked, digest, rule, reason } = asking();
  return {
    type: 'approval.requested',
    id: '01J00000000000000000000002',
    ...{ session, requester, asked, digest, rule, reason },
    terms: {
      groups: [],
      quorum: 1,
      selfApproval: false,
      until: 60 * SECOND,
      validity: 60 * SECOND,
      ...terms,
    },
  };
}

export function approver(user = 'reviewer', ...groups: string[]): Approver {
  return { user, groups, login: `browser-${user}` };
}

export const clock = {
  now: () => Math.floor(performance.timeOrigin * 1000 + performance.now() * 1000),
};
export const KEY = Buffer.alloc(32, 7);

export async function deskOn(t: { teardown(done: () => Promise<void>): void }, data = newData()) {
  const log = await AuditLog.open({ data });
  const desk = await Desk.open({ journal: log, archive: log, clock, key: KEY });
  t.teardown(async () => {
    desk.close();
    await log.close();
  });
  return { data, log, desk };
}

/** The one that waits, as soon as so many do. */
export async function waiting(desk: Desk, count = 1): Promise<string> {
  for (;;) {
    const pending = desk.list().filter(({ settled }) => settled === null);
    if (pending.length === count) return pending.at(-1)!.request.id;
    await sleep(2);
  }
}
