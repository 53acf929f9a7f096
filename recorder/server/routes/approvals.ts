/** Where humans decide, and where other processes of this machine ask them. */
import { z } from 'zod';
import type { Approval } from '../../approvals/approval.ts';
import type { Ballot, Desk } from '../../approvals/desk.ts';
import { isSelf } from '../../approvals/voters.ts';
import type { Identity } from '../../audit/identity.ts';
import { ChaperoneError } from '../../errors.ts';
import type { Archive } from '../../log/ports.ts';
import type { ApprovalLine, Approvals, ApprovalView, AskLine } from '../api.ts';
import type { Permission } from '../authorize.ts';
import { readJson } from '../body.ts';
import { followLines, sendJson, stream } from '../reply.ts';
import type { Exchange, Route } from '../router.ts';
import { ScopedDesk } from '../scoped-desk.ts';
import { isOf } from '../workload-logins.ts';
import { approverOf, viewOf } from './approval-view.ts';
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
  const show = ({ response, login }: Exchange, approval: Approval) =>
    sendJson(response, viewOf(approval, login, options.now()));
  return [
    { method: 'GET', path, needs: 'approvals.view', handle: (exchange) => list(options, exchange) },
    { method: 'POST', path, needs: 'approvals.ask', handle: asks(desk) },
    {
      method: 'GET',
      path: `${path}/:id`,
      needs: 'approvals.view',
      handle: (exchange) => show(exchange, find(desk, exchange, 'approvals.view')),
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
        const { request, params, login } = exchange;
        find(desk, exchange, 'approvals.decide');
        const { minutes, comment, vote } = await readJson(request, { schema: ballot, limit: SMALL });
        const cast: Ballot = {
          vote,
          ...(comment !== undefined && { comment }),
          ...(minutes !== undefined && { grant: minutes * MINUTE }),
        };
        show(exchange, await desk.vote(params.id!, approverOf(login), cast));
      },
    },
    {
      method: 'POST',
      path: `${path}/:id/cancel`,
      // By who asked, and by who may cancel what others ask.
      needs: 'approvals.view',
      async handle(exchange) {
        const { login } = exchange;
        const { request } = find(desk, exchange, 'approvals.view');
        const by = approverOf(login);
        if (!isSelf(request.requester, by)) find(desk, exchange, 'approvals.cancel');
        show(exchange, await desk.cancel(request.id, by.user, by.login));
      },
    },
    {
      method: 'POST',
      path: `${path}/:id/revoke`,
      needs: 'approvals.revoke',
      async handle(exchange) {
        const { params, login } = exchange;
        find(desk, exchange, 'approvals.revoke');
        show(exchange, await desk.revoke(params.id!, approverOf(login)));
      },
    },
  ];
}

/** @throws ChaperoneError as `ScopedDesk.find` does */
function find(desk: Desk, { login, params }: Exchange, permission: Permission): Approval {
  return new ScopedDesk(desk, login).find(params.id!, permission);
}

async function list({ desk, now }: ApprovalRoutesOptions, exchange: Exchange): Promise<void> {
  const seen = new ScopedDesk(desk, exchange.login);
  const { login } = exchange;
  const shown = (approval: Approval) => viewOf(approval, login, now());
  if (exchange.query.get('follow') === null) {
    sendJson(exchange.response, { approvals: seen.list().map(shown) } satisfies Approvals);
    return;
  }
  async function* lines(): AsyncGenerator<ApprovalLine> {
    const news = seen.changes([exchange.signal, exchange.closing]);
    const first = news.next(); // watches from here on, so that nothing is missed between
    const [start = [], ...rest] = inLines(seen.list().map(shown));
    yield { all: start };
    for (const more of rest) yield { more };
    for (let next = await first; !next.done; next = await news.next()) yield { changed: shown(next.value) };
  }
  await followLines(exchange, lines());
}

/** Characters of a line, about: there may be ten thousand requests, and a reader wants to begin with the first. */
const LINE = 256 * 1024;

function inLines(views: readonly ApprovalView[]): ApprovalView[][] {
  const lines: ApprovalView[][] = [];
  let left = 0;
  for (const view of views) {
    const size = JSON.stringify(view).length;
    if (left < size) {
      lines.push([]);
      left = LINE;
    }
    lines.at(-1)!.push(view);
    left -= size;
  }
  return lines;
}

/** Of the connections that the server takes: those who decide have to get in as well. */
export const MOST_ASKING = 256;

/** A shell in a process of its own asks: by the bearer token, and as long as its connection is there. */
function asks(desk: Desk): (exchange: Exchange) => Promise<void> {
  let asking = 0;
  return async (exchange) => {
    if (asking >= MOST_ASKING)
      throw new ChaperoneError('BUSY', 'too many shells wait for a human already: ask again');
    asking++;
    await ask(desk, exchange).finally(() => {
      asking--;
    });
  };
}

async function ask(desk: Desk, exchange: Exchange): Promise<void> {
  const { request, closing } = exchange;
  const signal = AbortSignal.any([exchange.signal, closing]);
  const { body, ...asking } = await readJson(request, { schema: askingSchema, limit: LARGE });
  if (body !== undefined) throw new ChaperoneError('USAGE', 'a shell has no body to show');
  const { workload } = exchange.login;
  const asked =
    workload === undefined ? asking : { ...asking, requester: provenBy(workload, asking.requester) };
  let waits = (_id: string) => {};
  const waiting = new Promise<string>((resolve) => {
    waits = resolve;
  });
  const decided = desk.ask(asked, { signal, waiting: waits });
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

/**
 * Who asks, as the login of its Pod proves: nothing that it says beside that counts as proven.
 * @throws ChaperoneError `FORBIDDEN` where it is another Pod's
 */
function provenBy({ user, groups, pod }: Identity, said: Identity): Identity {
  if (pod === undefined || !isOf(said, { user, groups, pod, proof: 'signed' }))
    throw new ChaperoneError('FORBIDDEN', 'a workload may ask for itself only');
  if (said.user !== user) return said;
  const { conversation, generation } = said;
  return {
    ...{ user, groups, pod },
    ...(conversation !== undefined && { conversation }),
    ...(generation !== undefined && { generation }),
    proof: 'signed',
  };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
