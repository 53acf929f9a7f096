/** What was announced and what was executed with the same words around a time, each matched with the other. */
import type { BodyOf } from '../audit/event.ts';
import { lineTerm } from '../audit/terms.ts';
import type { Micros } from '../audit/units.ts';
import type { Mention, SessionSummary } from '../log/ports.ts';
import { type Announced, type Matching, match, WINDOW } from './matching.ts';
import { type Ran, ranIn, type Sources } from './sources.ts';

export interface Asked extends Announced {
  summary: SessionSummary;
}

export interface Around extends Matching<Asked, Ran> {
  /** True where the same words stand in so many events that not all were looked at. */
  cut: boolean;
}

export interface Span {
  from: Micros;
  to: Micros;
}

/** Events with the same words that are looked at. */
const MOST = 5000;

/** A span in which whatever could be matched with what happened in `span` lies, and what could be matched with that. */
export function widened({ from, to }: Span): Span {
  const margin = WINDOW.after + WINDOW.skew;
  return { from: from - 2 * margin, to: to + 2 * margin };
}

export async function around(sources: Sources, lines: readonly string[], span: Span): Promise<Around> {
  const asked: Asked[] = [];
  const ran: Ran[] = [];
  let left = MOST;
  for (const line of new Set(lines.map((one) => one.trim()))) {
    for await (const mention of sources.mentions(lineTerm(line))) {
      if (left-- <= 0) break;
      const { at, session } = mention.event;
      if (at > span.to) continue;
      // Places in the log follow the time, but for sessions that are written from afar.
      if (at < span.from - WINDOW.after) break;
      if (at < span.from) continue;
      const summary = await sources.session(session);
      if (summary === null) continue;
      const told = await ranAt(sources, summary, mention);
      if (told === null) continue;
      if (summary.entrance?.kind === 'cursor') asked.push(askedIn(summary, told));
      else ran.push(told);
    }
  }
  return { ...match(asked, ran), cut: left < 0 };
}

export function askedIn(summary: SessionSummary, { session, seq, at, body, cwd, allowed }: Ran): Asked {
  const conversation = summary.entrance?.kind === 'cursor' ? summary.entrance.conversation : '';
  return { session, seq, at, line: body.line, cwd, allowed, conversation, summary };
}

/** The decision that a line stands in; of a session that was started with it, the first one. */
async function ranAt(sources: Sources, summary: SessionSummary, { event }: Mention): Promise<Ran | null> {
  const { body } = event;
  if (body.type === 'command.decided') return ranIn(summary, { ...event, body });
  if (body.type !== 'session.start') return null;
  for await (const first of sources.events(summary.id, 1)) {
    const { body: said } = first;
    if (first.seq > 1) return null;
    return said.type === 'command.decided'
      ? ranIn(summary, { ...first, body: said as BodyOf<'command.decided'> })
      : null;
  }
  return null;
}
