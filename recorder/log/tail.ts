/**
 * What the log keeps of each session beside its events: where the next event goes, and the figures that a list
 * shows. A pure projection: `advance` over the session's events gives it again, and `verify` does just that.
 */
import type { AuditEvent, Micros } from '../audit/event.ts';
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
    refused: 0,
    unjudged: 0,
  };
}

function figures(tail: Tail, { body }: AuditEvent): Partial<Tail> {
  switch (body.type) {
    case 'session.output':
      return { outputBytes: tail.outputBytes + body.content.bytes };
    case 'command.decided':
      return {
        commands: tail.commands + 1,
        refused: tail.refused + (body.allowed ? 0 : 1),
        unjudged: tail.unjudged + (body.decision.unjudged ? 1 : 0),
      };
    case 'session.end': {
      const { status, error } = body;
      return { ended: error === undefined ? { status } : { status, error } };
    }
    default:
      return {};
  }
}

export function encodeTail(tail: Tail): Buffer {
  return Buffer.from(JSON.stringify(tail));
}

/** @throws ChaperoneError `STORE_CORRUPT` */
export function decodeTail(value: Uint8Array): Tail {
  try {
    const tail = JSON.parse(Buffer.from(value).toString('utf8')) as Tail;
    const numbers = [tail.events, tail.first, tail.run.seq, tail.run.index, tail.run.count, tail.lastAt];
    if (numbers.every((n) => Number.isSafeInteger(n) && n >= 0)) return tail;
  } catch {
    // falls through to the one message
  }
  throw new ChaperoneError('STORE_CORRUPT', 'the list entry of a session is damaged: run verify');
}

/** What a search looks into for one event, in lower case; null where there is nothing. */
export function searchText({ body }: AuditEvent): string | null {
  switch (body.type) {
    case 'session.start':
      return [body.identity.user, body.host, ...body.command].join('\n').toLowerCase();
    case 'command.decided': {
      const line = body.line.toLowerCase();
      const programs = body.commands.map((command) => command.program.toLowerCase());
      return [line, ...programs.filter((program) => !line.includes(program))].join('\n');
    }
    default:
      return null;
  }
}
