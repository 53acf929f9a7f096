/**
 * What the log keeps of each session beside its events: where the next event goes, and the figures that a list
 * shows. A pure projection: `advance` over the session's events gives it again, and `verify` does just that.
 */
import type { AuditEvent } from '../audit/event.ts';
import type { Micros } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';

export interface Tail {
  /** How many events there are: the next one's seq. */
  events: number;
  /** Index in the log of event 0. */
  first: number;
  /** The last run of events that stand side by side in the log. */
  run: { seq: number; index: number; count: number };
  startedAt: Micros;
  lastAt: Micros;
  outputBytes: number;
  commands: number;
  /** Requests to the Kubernetes API. */
  requests: number;
  refused: number;
  unjudged: number;
  ended?: { status: number; error?: string };
}

/** The tail after `event`, which stands at `index` in the log. `tail` is null before the first event. */
export function advance(tail: Tail | null, event: AuditEvent, index: number): Tail {
  const before = tail ?? newTail(event.at, index);
  const beside = before.run.index + before.run.count === index;
  const run = beside ? { ...before.run, count: before.run.count + 1 } : { seq: event.seq, index, count: 1 };
  return { ...before, ...figures(before, event), events: before.events + 1, lastAt: event.at, run };
}

function newTail(at: Micros, index: number): Tail {
  return {
    events: 0,
    first: index,
    run: { seq: 0, index, count: 0 },
    startedAt: at,
    lastAt: at,
    outputBytes: 0,
    commands: 0,
    requests: 0,
    refused: 0,
    unjudged: 0,
  };
}

function figures(tail: Tail, { body }: AuditEvent): Partial<Tail> {
  switch (body.type) {
    case 'session.output':
      return { outputBytes: tail.outputBytes + body.content.bytes };
    case 'command.decided': {
      const refused = tail.refused + (body.allowed ? 0 : 1);
      // What a prompt runs is not what the user did; what of it was refused is worth a look all the same.
      if (body.context !== undefined) return { refused };
      const unjudged = tail.unjudged + (body.decision.unjudged ? 1 : 0);
      return { commands: tail.commands + 1, refused, unjudged };
    }
    case 'request.admitted':
      return {
        requests: tail.requests + 1,
        refused: tail.refused + (body.allowed ? 0 : 1),
        unjudged: tail.unjudged + (body.allowed && body.decision.unjudged ? 1 : 0),
      };
    case 'tool.decided':
      return {
        refused: tail.refused + (body.allowed ? 0 : 1),
        unjudged: tail.unjudged + (body.allowed && body.decision.unjudged ? 1 : 0),
      };
    case 'session.end': {
      const { status, error } = body;
      return { ended: error === undefined ? { status } : { status, error } };
    }
    default:
      return {};
  }
}

/**
 * As a list of its figures, for it is written with each batch:
 *
 *     [ … NUMBERS, run.seq, run.index, run.count  [, status, error or null]  [, requests] ]
 *
 * Canonical, because `verify` compares the bytes. A figure that came with a later version stands at the end, and only
 * where there is something to count: what former versions wrote stays what this one would write.
 */
export function encodeTail({ ended, requests, ...tail }: Tail): Buffer {
  const { run } = tail;
  const list: unknown[] = [...NUMBERS.map((name) => tail[name]), run.seq, run.index, run.count];
  if (ended !== undefined) list.push(ended.status, ended.error ?? null);
  if (requests > 0) list.push(requests);
  return Buffer.from(JSON.stringify(list));
}

const NUMBERS = [
  'events',
  'first',
  'startedAt',
  'lastAt',
  'outputBytes',
  'commands',
  'refused',
  'unjudged',
] as const;
const ENDED_AT = NUMBERS.length + 3;

/** @throws ChaperoneError `STORE_CORRUPT` */
export function decodeTail(value: Uint8Array): Tail {
  const list = parse(value);
  const extra = list.length - ENDED_AT;
  // One more than a whole pair is the number of requests, which is never written as 0.
  const requests = extra % 2 === 1 ? list.pop() : 0;
  const [status, error] = list.slice(ENDED_AT);
  const numbers = list.slice(0, ENDED_AT) as number[];
  const sound =
    extra >= 0 &&
    extra <= 3 &&
    numbers.every(isCount) &&
    isCount(requests) &&
    (extra < 2 || Number.isSafeInteger(status)) &&
    (error === undefined || error === null || typeof error === 'string');
  if (!sound) throw new ChaperoneError('STORE_CORRUPT', 'the list entry of a session is damaged: run verify');
  const [events, first, startedAt, lastAt, outputBytes, commands, refused, unjudged, seq, index, count] =
    numbers as Figures;
  const run = { seq, index, count };
  const figures = { startedAt, lastAt, outputBytes, commands, requests, refused, unjudged };
  const tail: Tail = { events, first, run, ...figures };
  if (extra < 2) return tail;
  return { ...tail, ended: { status: status as number, ...(typeof error === 'string' && { error }) } };
}

type Figures = [number, number, number, number, number, number, number, number, number, number, number];

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parse(value: Uint8Array): unknown[] {
  try {
    const list: unknown = JSON.parse(Buffer.from(value).toString('utf8'));
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

/** What a search looks into for one event, in lower case; null where there is nothing. */
export function searchText({ body }: AuditEvent): string | null {
  switch (body.type) {
    case 'session.start':
      return [body.identity.user, body.host, ...body.command].join('\n').toLowerCase();
    case 'command.decided': {
      if (body.context !== undefined) return null;
      const line = body.line.toLowerCase();
      const programs = body.commands.map((command) => command.program.toLowerCase());
      return [line, ...programs.filter((program) => !line.includes(program))].join('\n');
    }
    case 'request.admitted': {
      const { verb, resource, subresource, namespace, name, path } = body.request;
      const what = [resource, subresource].filter(Boolean).join('/') || path;
      return `${verb} ${what} ${namespace}/${name}`.toLowerCase();
    }
    case 'tool.decided':
      return [body.tool, body.server, body.path].filter(Boolean).join('\n').toLowerCase();
    default:
      return null;
  }
}
