/** Which AI request did this, and what came of a conversation. Within what the caller may see of the log. */
import { blame } from '../../attribution/blame.ts';
import { type BlameQuery, parseBlameQuery, queryText } from '../../attribution/query.ts';
import { Sources } from '../../attribution/sources.ts';
import { trace } from '../../attribution/trace.ts';
import { SYSTEM } from '../../audit/units.ts';
import { ChaperoneError } from '../../errors.ts';
import type { Mentions } from '../../log/ports.ts';
import type { AccessRecord } from '../access.ts';
import { sendJson } from '../reply.ts';
import type { Route } from '../router.ts';
import { readInteger } from './sessions.ts';

export interface BlameRoutesOptions {
  access: AccessRecord;
  log: Mentions;
}

const LIMIT = { default: 10, most: 100 };

export function blameRoutes({ access, log }: BlameRoutesOptions): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/blame',
      needs: 'sessions.view',
      async handle({ response, query, login, archive, signal }) {
        const asked = parseBlameQuery(parsed(query.get('ask')));
        const limit = readInteger(query, 'limit', { min: 1, max: LIMIT.most }) ?? LIMIT.default;
        const since = readInteger(query, 'since', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? 0;
        if (asked.kind === 'event') await archive.session(asked.session);
        await access.viewed(lookedAt(asked), 'blame', login, queryText(asked));
        sendJson(response, await blame(new Sources(archive, log, signal), asked, { limit, since }));
      },
    },
    {
      method: 'GET',
      path: '/api/sessions/:id/trace',
      needs: 'sessions.view',
      async handle({ response, params, login, archive, signal }) {
        const id = params.id!;
        await archive.session(id);
        await access.viewed(id, 'blame', login);
        sendJson(response, await trace(new Sources(archive, log, signal), id));
      },
    },
  ];
}

function lookedAt(asked: BlameQuery): string {
  return asked.kind === 'event' ? asked.session : SYSTEM;
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    throw new ChaperoneError('USAGE', 'say what: ask={"kind":"object","resource":"deployments",…}');
  }
}
