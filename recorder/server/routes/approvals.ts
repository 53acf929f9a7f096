/** Where humans decide, and where other processes of this machine ask them. */
import { z } from 'zod';
import type { Approval } from '../../approvals/approval.ts';
import { isGranted } from '../../approvals/approval.ts';
import type { Ballot, Desk } from '../../approvals/desk.ts';
import type { Approver } from '../../audit/event.ts';
import { ChaperoneError } from '../../errors.ts';
import type { Archive } from '../../log/ports.ts';
import type { ApprovalLine, Approvals, ApprovalView, AskLine } from '../api.ts';
import type { Permission } from '../authorize.ts';
import { readJson } from '../body.ts';
import type { Login } from '../login.ts';
import { followLines, sendJson, stream } from '../reply.ts';
import type { Exchange, Route } from '../router.ts';
import { ScopedDesk } from '../scoped-desk.ts';
import { bodyOf } from './asked-body.ts';
import { askingSchema } from './asking.ts';

export interface ApprovalRoutesOptions {
  desk: Desk;
  archive: Archive;
  now(): number;
}

const MINUTE = 60_000_000;
/** A working day. */
const LONGEST_GRANT = 8 * 60;

const ballot = z.strictObject({
  vote: z.enum(['approve', 'deny']),
  comment: z.string().trim().min(1).max(1000).optional(),
  /** For how long the very same passes again in the same conversation. */
  minutes: z.int().min(1).max(LONGEST_GRANT).optional(),
});
const SMALL = 16 * 1024;
/** Far above what a command line, or a script in one, comes to. */
const LARGE = 4 * 1024 * 1024;

export function approvalRoutes(options: ApprovalRoutesOptions): Route[] {
  const { desk, archive } = options;
  const path = '/api/approvals';
  const shown = (approval: Approval) => viewOf(approval, options.now());
  return [
    { method: 'GET', path, needs: 'approvals.view', handle: (exchange) => list(options, exchange) },
    { method: 'POST', path, needs: 'approvals.ask', handle: (exchange) => ask(desk, exchange) },
    {
      method: 'GET',
      path: `${path}/:id`,
      needs: 'approvals.view',
      handle: (exchange) => sendJson(exchange.response, shown(find(desk, exchange, 'approvals.view'))),
    },
    {
      method: 'GET',
      path: `${path}/:id/body`,
      needs: 'approvals.view',
      async handle(exchange) {
        const bytes = await bodyOf(archive, find(desk, exchange, 'approvals.view'));
        exchange.response.setHeader('Content-Type', 'application/octet-stream');
        await stream(exchange, one(bytes));
      },
    },
    {
      method: 'GET',
      path: `${path}/:id/effect`,
      needs: 'approvals.view',
      async handle(exchange) {
        const bytes = await bodyOf(archive, find(desk, exchange, 'approvals.view'), 'approval.effect');
        exchange.response.setHeader('Content-Type', 'application/json');
        await stream(exchange, one(bytes));
      },
    },
    {
      method: 'POST',
      path: `${path}/:id/vote`,
      needs: 'approvals.decide',
      async handle(exchange) {
        const { request, response, params, login } = exchange;
        find(desk, exchange, 'approvals.decide');
        const { minutes, comment, vote } = await readJson(request, { schema: ballot, limit: SMALL });
        const cast: Ballot = {
          vote,
          ...(comment !== undefined && { comment }),
          ...(minutes !== undefined && { grant: minutes * MINUTE }),
        };
        sendJson(response, shown(await desk.vote(params.id!, approverOf(login), cast)));
      },
    },
    {
      method: 'POST',
      path: `${path}/:id/cancel`,
      needs: 'approvals.cancel',
      async handle(exchange) {
        const { response, params, login } = exchange;
        find(desk, exchange, 'approvals.cancel');
        sendJson(response, shown(await desk.cancel(params.id!, approverOf(login).user)));
      },
    },
    {
      method: 'POST',
      path: `${path}/:id/revoke`,
      needs: 'approvals.revoke',
      async handle(exchange) {
        const { response, params, login } = exchange;
        find(desk, exchange, 'approvals.revoke');
        sendJson(response, shown(await desk.revoke(params.id!, approverOf(login))));
      },
    },
  ];
}

/** @throws ChaperoneError as `ScopedDesk.find` does */
function find(desk: Desk, { login, params }: Exchange, permission: Permission): Approval {
  return new ScopedDesk(desk, login).find(params.id!, permission);
}

function approverOf({ name, principal }: Login): Approver {
  return { user: principal.user, groups: [...principal.groups], login: name };
}

async function list({ desk, now }: ApprovalRoutesOptions, exchange: Exchange): Promise<void> {
  const seen = new ScopedDesk(desk, exchange.login);
  const all = () => seen.list().map((approval) => viewOf(approval, now()));
  if (exchange.query.get('follow') === null) {
    sendJson(exchange.response, { approvals: all() } satisfies Approvals);
    return;
  }
  async function* lines(): AsyncGenerator<ApprovalLine> {
    const news = seen.changes([exchange.signal, exchange.closing]);
    const first = news.next(); // watches from here on, so that nothing is missed between
    yield { all: all() };
    for (let next = await first; !next.done; next = await news.next())
      yield { changed: viewOf(next.value, now()) };
  }
  await followLines(exchange, lines());
}

/** A shell in a process of its own asks: by the bearer token, and as long as its connection is there. */
async function ask(desk: Desk, exchange: Exchange): Promise<void> {
  const { request, closing } = exchange;
  const signal = AbortSignal.any([exchange.signal, closing]);
  const { body, ...asking } = await readJson(request, { schema: askingSchema, limit: LARGE });
  if (body !== undefined) throw new ChaperoneError('USAGE', 'a shell has no body to show');
  let waits = (_id: string) => {};
  const waiting = new Promise<string>((resolve) => {
    waits = resolve;
  });
  const decided = desk.ask(asking, { signal, waiting: waits });
  decided.catch(() => undefined); // told in the lines, where somebody still reads them
  async function* lines(): AsyncGenerator<AskLine> {
    const first = await Promise.race([waiting, decided]);
    if (typeof first === 'string') yield { waiting: first };
    const mark = await decided;
    if (mark.state === 'abandoned' && closing.aborted)
      throw new ChaperoneError('RECORDER_GONE', 'the recorder stopped before anybody decided');
    yield { mark };
  }
  await followLines(exchange, lines());
}

function viewOf(approval: Approval, now: number): ApprovalView {
  const { request, requestedAt, votes, settled, settledAt, used, revoked } = approval;
  const { id, session, requester, asked, rule, reason, terms, body } = request;
  return {
    ...{ id, session, requester, asked, rule, reason, terms, requestedAt },
    ...(body !== undefined && { body }),
    votes: votes.map(({ by, vote, comment }) => ({
      ...{ user: by.user, login: by.login, vote },
      ...(comment !== undefined && { comment }),
    })),
    state: settled?.state ?? 'pending',
    ...(settled !== null && { settledAt }),
    ...(settled?.by !== undefined && { by: settled.by }),
    ...(isGranted(approval, now) && { grantedUntil: settled?.grantedUntil ?? 0 }),
    used,
    revoked,
  };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
