/** Sessions: listed, described, and their events. */
import { isSessionId } from '../../audit/decode.ts';
import type { AuditEvent } from '../../audit/event.ts';
import { SYSTEM } from '../../audit/units.ts';
import { ChaperoneError } from '../../errors.ts';
import type { SessionQuery, StoredEvent } from '../../log/ports.ts';
import type { AccessRecord } from '../access.ts';
import type { EventLine } from '../api.ts';
import { followLines, sendJson, sendText, streamLines } from '../reply.ts';
import type { Exchange, Route } from '../router.ts';

export interface SessionRoutesOptions {
  access: AccessRecord;
}

export function sessionRoutes(options: SessionRoutesOptions): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/sessions',
      needs: 'sessions.view',
      handle: async ({ response, query, archive }) =>
        sendJson(response, await archive.sessions(readQuery(query))),
    },
    {
      method: 'GET',
      path: '/api/sessions/:id',
      needs: 'sessions.view',
      handle: async ({ response, params, archive }) => sendJson(response, await archive.session(params.id!)),
    },
    {
      method: 'GET',
      path: '/api/sessions/:id/events',
      needs: 'sessions.view',
      handle: (exchange) => sendEvents(options, exchange),
    },
    {
      method: 'GET',
      path: '/api/checkpoint',
      needs: 'log.verify',
      handle: async ({ response, archive }) => sendText(response, 200, await archive.checkpoint()),
    },
  ];
}

async function sendEvents({ access }: SessionRoutesOptions, exchange: Exchange): Promise<void> {
  const { params, query, login, signal, closing, archive } = exchange;
  const id = params.id!;
  const selection = readSelection(query);
  const follow = query.get('follow') === '1';
  await archive.admit(id);
  await access.viewed(id, selection.content ? 'export' : follow ? 'live' : 'replay', login);
  const { from } = selection;
  if (follow) {
    const events = archive.follow(id, { from, signal: AbortSignal.any([signal, closing]) });
    await followLines(exchange, eventLines(events, selection));
  } else {
    const { content } = selection;
    await streamLines(exchange, eventLines(archive.events(id, { from, content, signal }), selection));
  }
}

interface Selection {
  from: number;
  /** Empty for all. */
  types: Set<string>;
  content: boolean;
  /** Only the events of one request to the Kubernetes API, up to its end; null for all. */
  request: string | null;
}

async function* eventLines(
  events: AsyncIterable<StoredEvent>,
  selection: Selection,
): AsyncGenerator<EventLine> {
  const { types, content, request } = selection;
  for await (const stored of events) {
    const { body } = stored.event;
    if (request !== null && !('id' in body && body.id === request)) continue;
    if (types.size > 0 && !types.has(body.type)) continue;
    yield content ? withContent(stored) : { event: stored.event };
    if (request !== null && body.type === 'request.ended') return;
  }
}

function withContent({ event, content }: StoredEvent): EventLine {
  if (!refersToContent(event)) return { event };
  const base64 =
    content === null
      ? null
      : Buffer.from(content.buffer, content.byteOffset, content.length).toString('base64');
  return { event, content: base64 };
}

function refersToContent({ body }: AuditEvent): boolean {
  return 'content' in body;
}

function readSelection(query: URLSearchParams): Selection {
  const content = query.get('content');
  if (content !== null && content !== 'base64') {
    throw new ChaperoneError('USAGE', 'content can be base64 only');
  }
  return {
    from: readInteger(query, 'from', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? 0,
    types: new Set(query.getAll('type').flatMap((types) => types.split(','))),
    content: content !== null,
    request: query.get('request'),
  };
}

function readQuery(query: URLSearchParams): SessionQuery {
  const before = query.get('before');
  const search = query.get('search');
  const limit = readInteger(query, 'limit', { min: 1, max: 500 });
  if (before !== null && (before === SYSTEM || !isSessionId(before))) {
    throw new ChaperoneError('USAGE', 'before must be what a former page gave as next');
  }
  if (search !== null && search.length > 1000)
    throw new ChaperoneError('USAGE', 'search for fewer than 1000 characters');
  return {
    ...(before !== null && { before }),
    ...(limit !== null && { limit }),
    ...(search !== null && search !== '' && { search }),
  };
}

/** @throws ChaperoneError `USAGE` */
export function readInteger(
  query: URLSearchParams,
  name: string,
  bounds: { min: number; max: number },
): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= bounds.min && value <= bounds.max)) {
    throw new ChaperoneError('USAGE', `${name} must be a number from ${bounds.min} to ${bounds.max}`);
  }
  return value;
}
