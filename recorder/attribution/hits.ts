/** Events that answer a question, the newest first. */
import type { AuditEvent } from '../audit/event.ts';
import { lineTerm, objectTerm, type Term, termsOfFile } from '../audit/terms.ts';
import { glob, matches } from '../glob.ts';
import type { Mention } from '../log/ports.ts';
import type { BlameQuery } from './query.ts';
import type { Sources } from './sources.ts';

/** Sessions that are searched for a part of a line. */
const SEARCHED = 50;

/** What an event has to say to be meant; the newest come first. */
export function hitsOf(sources: Sources, query: BlameQuery): AsyncIterable<AuditEvent> {
  switch (query.kind) {
    case 'object':
      return merged(sources, objectTerms(query), (event) => isOfGroup(event, query.group));
    case 'uid':
      return merged(sources, [['uid', query.uid]], () => true);
    case 'file':
      return merged(sources, termsOfFile(query.path), (event) => writes(event, query.path));
    case 'command':
      return commands(sources, query.text);
    case 'event':
      return inSession(sources, query);
  }
}

/** The object, and deletions of whole collections that it may have been in. */
function objectTerms({ resource, namespace, name }: Extract<BlameQuery, { kind: 'object' }>): Term[] {
  const collections = namespace === null ? [null] : [namespace, ''];
  return [
    objectTerm(resource, name, namespace),
    ...new Set(collections.map((place) => objectTerm(resource, '', place))),
  ];
}

function isOfGroup({ body }: AuditEvent, group: string | null): boolean {
  if (body.type === 'request.admitted') {
    const { request } = body;
    // A creation names no object; its answer does.
    if (request.name === '' && request.verb !== 'deletecollection') return false;
    return group === null || request.group === group;
  }
  return group === null || (body.type === 'request.ended' && body.object?.group === group);
}

function writes({ body }: AuditEvent, path: string): boolean {
  if (body.type !== 'command.decided') return true;
  return (body.writes ?? []).some((one) => matches(glob(one), path));
}

/** By the whole line first; a part of one is searched for in the newest sessions that have its words. */
async function* commands(sources: Sources, text: string): AsyncGenerator<AuditEvent> {
  let found = false;
  for await (const { event } of sources.mentions(lineTerm(text))) {
    if (event.body.type !== 'command.decided') continue;
    found = true;
    yield event;
  }
  if (found) return;
  const { sessions } = await sources.archive.sessions({ search: text, limit: SEARCHED });
  for (const { id } of sessions) {
    const events: AuditEvent[] = [];
    for await (const event of sources.events(id))
      if (event.body.type === 'command.decided' && event.body.line.includes(text)) events.push(event);
    yield* events.reverse();
  }
}

async function* inSession(
  sources: Sources,
  { session, seq }: Extract<BlameQuery, { kind: 'event' }>,
): AsyncGenerator<AuditEvent> {
  const events: AuditEvent[] = [];
  for await (const event of sources.events(session, seq ?? 0)) {
    if (seq !== null && event.seq > seq) break;
    if (seq !== null || isChangeOf(event)) events.push(event);
  }
  yield* events.reverse();
}

function isChangeOf({ body }: AuditEvent): boolean {
  if (body.type === 'request.admitted')
    return !body.dryRun && body.method !== 'GET' && body.method !== 'HEAD';
  return body.type === 'command.decided' ? body.context === undefined : body.type === 'session.file';
}

/** What speaks of any of the terms, in the order of the log. */
async function* merged(
  sources: Sources,
  terms: readonly Term[],
  holds: (event: AuditEvent) => boolean,
): AsyncGenerator<AuditEvent> {
  const streams = terms.map((term) => sources.mentions(term)[Symbol.asyncIterator]());
  try {
    const heads = await Promise.all(streams.map((stream) => stream.next()));
    for (;;) {
      const at = newest(heads);
      if (at === null) return;
      const { event, index } = heads[at]!.value as Mention;
      if (holds(event)) yield event;
      for (const [i, head] of heads.entries())
        if (!head.done && head.value.index === index) heads[i] = await streams[i]!.next();
    }
  } finally {
    await Promise.all(streams.map((stream) => stream.return?.()));
  }
}

function newest(heads: readonly IteratorResult<Mention>[]): number | null {
  let best: number | null = null;
  for (const [at, head] of heads.entries()) {
    if (head.done) continue;
    if (best === null || head.value.index > (heads[best]!.value as Mention).index) best = at;
  }
  return best;
}
