/** Which AI request did this, and for whom: a chain for each time that it was done. */
import type { AuditEvent, BodyOf } from '../audit/event.ts';
import { fileLabel, requestText, toolText } from '../export/labels.ts';
import type { SessionSummary } from '../log/ports.ts';
import { type Ascent, aboveCommand, aboveRequest, aboveTold } from './ascent.ts';
import { type Blame, type Chain, type Link, momentOf, type Outcome } from './chain.ts';
import { changeOf } from './changed.ts';
import { hitsOf } from './hits.ts';
import type { BlameOptions, BlameQuery } from './query.ts';
import { type Requested, ranIn, type Sources } from './sources.ts';

/** Events that are looked at for one question, whatever the reader may see of them. */
const MOST_LOOKED = 20_000;

export async function blame(
  sources: Sources,
  query: BlameQuery,
  { limit, since }: BlameOptions,
): Promise<Blame> {
  const chains: Chain[] = [];
  const done = new Set<string>();
  let left = MOST_LOOKED;
  for await (const hit of hitsOf(sources, query)) {
    if (left-- <= 0) return { chains, more: true };
    // Sessions that are written from afar come late, so that their time may be earlier than that of the next.
    if (hit.at < since) continue;
    const summary = await sources.session(hit.session);
    if (summary === null) continue;
    const event = await beginningOf(sources, hit);
    const key = event === null ? '' : `${event.session}#${event.seq}`;
    if (event === null || done.has(key)) continue;
    if (chains.length >= limit) return { chains, more: true };
    done.add(key);
    const chain = await chainOf(sources, summary, event);
    if (chain !== null) chains.push(chain);
  }
  return { chains, more: false };
}

/** Of what ended a request: its admission. Null where that cannot be found. */
async function beginningOf(sources: Sources, event: AuditEvent): Promise<AuditEvent | null> {
  if (event.body.type !== 'request.ended') return event;
  for await (const { event: begun } of sources.mentions(['request', event.body.id]))
    if (begun.session === event.session && begun.body.type === 'request.admitted') return begun;
  return null;
}

async function chainOf(sources: Sources, summary: SessionSummary, event: AuditEvent): Promise<Chain | null> {
  const { body } = event;
  switch (body.type) {
    case 'request.admitted':
      return requestChain(sources, summary, { ...event, body });
    case 'command.decided': {
      const above = await aboveCommand(sources, summary, ranIn(summary, { ...event, body }));
      return { at: event.at, outcome: body.allowed ? 'done' : 'refused', ...above };
    }
    case 'tool.decided': {
      const above = await aboveTold(sources, summary, { ...event, text: toolText(body), generation: '' });
      return { at: event.at, outcome: body.allowed ? 'done' : 'refused', ...above };
    }
    case 'hook.received':
      return editChain(sources, summary, { ...event, body });
    case 'session.file':
      return copyChain(sources, summary, { ...event, body });
    default:
      return null;
  }
}

async function requestChain(sources: Sources, summary: SessionSummary, request: Requested): Promise<Chain> {
  const above = await aboveRequest(sources, summary, request);
  const end = await sources.endOf(request);
  const own: Link = {
    ...momentOf(end ?? request, summary.startedAt),
    ...{ kind: 'object', proof: 'recorded', basis: 'recorded' },
    text: objectText(request, end?.body ?? null),
  };
  const outcome = outcomeOf(request.body, end?.body ?? null);
  const change = await changeOf(sources, summary, request);
  return { at: request.at, outcome, ...above, links: [...above.links, own], ...change };
}

export function objectText({ body }: Requested, end: BodyOf<'request.ended'> | null): string {
  const { resource, group, namespace, name } = end?.object ?? body.request;
  const uid = end?.object === undefined ? '' : ` (uid ${end.object.uid})`;
  const kind = group === '' ? resource : `${resource}.${group}`;
  const place = [namespace, name || (end?.object === undefined ? '*' : '')].filter(Boolean).join('/');
  return resource === '' ? requestText(body.request) : `${kind} ${place}${uid}`;
}

export function outcomeOf(
  { allowed }: BodyOf<'request.admitted'>,
  end: BodyOf<'request.ended'> | null,
): Outcome {
  if (!allowed) return 'refused';
  if (end === null) return 'open';
  const isGood = end.outcome === 'upgraded' || (end.outcome === 'answered' && end.status < 400);
  return isGood ? 'done' : 'failed';
}

async function editChain(
  sources: Sources,
  summary: SessionSummary,
  event: AuditEvent & { body: BodyOf<'hook.received'> },
): Promise<Chain> {
  const { path = '', generation } = event.body;
  const above = await aboveTold(sources, summary, { ...event, text: `edited ${path}`, generation });
  return { at: event.at, outcome: 'done', ...above };
}

/** `kubectl cp`. */
async function copyChain(
  sources: Sources,
  summary: SessionSummary,
  event: AuditEvent & { body: BodyOf<'session.file'> },
): Promise<Chain> {
  const above: Ascent = await remoteAbove(sources, summary, event);
  const own: Link = {
    ...momentOf(event, summary.startedAt),
    ...{ kind: 'file', text: fileLabel(event.body), proof: 'recorded', basis: 'recorded' },
  };
  return { at: event.at, outcome: 'done', ...above, links: [...above.links, own] };
}

async function remoteAbove(sources: Sources, summary: SessionSummary, event: AuditEvent): Promise<Ascent> {
  const [ran] = (await sources.commandsBefore(summary, event.seq, (found) => found.length > 0)).slice(-1);
  return ran === undefined ? { links: [], findings: [] } : aboveCommand(sources, summary, ran);
}
