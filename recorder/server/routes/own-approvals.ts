/** What a session may say of its own requests, and how it gets the token for that. */
import { originOf } from '../../approvals/approval.ts';
import type { Desk } from '../../approvals/desk.ts';
import type { SessionId } from '../../audit/units.ts';
import { ChaperoneError } from '../../errors.ts';
import type { Archive } from '../../log/ports.ts';
import type { Approvals, SessionToken } from '../api.ts';
import { sendJson } from '../reply.ts';
import type { Exchange, Route } from '../router.ts';
import type { SessionLogins } from '../session-logins.ts';
import { isOf } from '../workload-logins.ts';
import { viewOf } from './approval-view.ts';

export interface OwnApprovalRoutesOptions {
  desk: Desk;
  archive: Pick<Archive, 'session'>;
  sessions: SessionLogins;
  now(): number;
}

const path = '/api/own/approvals';

export function ownApprovalRoutes({ desk, archive, sessions, now }: OwnApprovalRoutesOptions): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/sessions/:id/token',
      needs: 'evidence.write',
      async handle(exchange) {
        const session = await writtenBy(exchange, archive);
        sendJson(exchange.response, { token: sessions.issue(session) } satisfies SessionToken);
      },
    },
    {
      method: 'GET',
      path,
      needs: 'approvals.own',
      handle({ response, login }) {
        const own = desk.list().filter(({ request }) => originOf(request) === login.session);
        sendJson(response, { approvals: own.map((one) => viewOf(one, login, now())) } satisfies Approvals);
      },
    },
    {
      method: 'POST',
      path: `${path}/:id/cancel`,
      needs: 'approvals.own',
      async handle({ response, login, params }) {
        const id = params.id!;
        const found = desk.list().find(({ request }) => request.id === id);
        // Another's is not there.
        if (found === undefined || originOf(found.request) !== login.session)
          throw new ChaperoneError('NOT_FOUND', `this session has no request ${id.slice(0, 40)}`);
        const cancelled = await desk.cancel(id, login.principal.user, login.name);
        sendJson(response, viewOf(cancelled, login, now()));
      },
    },
  ];
}

/** @throws ChaperoneError `FORBIDDEN` where it is over, or another workload's */
async function writtenBy({ params, login }: Exchange, archive: Pick<Archive, 'session'>): Promise<SessionId> {
  const { id, state, identity } = await archive.session(params.id!);
  if (state !== 'live') throw new ChaperoneError('FORBIDDEN', `session ${id} is over`);
  if (login.workload !== undefined && !isOf(identity, login.workload))
    throw new ChaperoneError('FORBIDDEN', 'a workload may open its own sessions only');
  return id;
}
