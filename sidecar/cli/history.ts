/** What happened in a session besides its output, a line each: decisions, requests, files, connections. */
import { type AuditEvent, type BodyOf, isRoutine } from '../../recorder/audit/event.ts';
import { approvalText, requestText, toolText } from '../../recorder/export/labels.ts';
import type { Archive } from '../../recorder/log/ports.ts';
import { formatBytes, formatDuration, paint, visible } from './format.ts';

/** Events that a history shows. */
const SHOWN: ReadonlySet<AuditEvent['body']['type']> = new Set([
  ...(['command.decided', 'tool.decided', 'request.admitted', 'request.ended'] as const),
  ...(['session.file', 'connection.opened', 'connection.closed'] as const),
]);

export async function* shownEvents(archive: Archive, id: string): AsyncGenerator<AuditEvent> {
  for await (const { event } of archive.events(id, { content: false })) {
    const { body } = event;
    if (SHOWN.has(body.type) && !(body.type === 'command.decided' && isRoutine(body))) yield event;
  }
}

/** Requests that are under way; more are shown as they begin, without their end. */
const MOST_OPEN = 10_000;

/** Lines for the events of one session, in order. */
export class History {
  readonly #startedAt: number;
  /** A request is shown when it has ended, with its status. */
  readonly #open = new Map<string, BodyOf<'request.admitted'>>();

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  /** Empty for what has no line of its own. */
  line({ at, body }: AuditEvent): string {
    const when = formatDuration(at - this.#startedAt).padStart(7);
    switch (body.type) {
      case 'command.decided':
        return decided(when, visible(body.line), body);
      case 'tool.decided':
        return decided(when, visible(toolText(body)), body);
      case 'request.admitted':
        if (!body.allowed || this.#open.size >= MOST_OPEN) return request(when, body, '');
        this.#open.set(body.id, body);
        return '';
      case 'request.ended':
        return this.#ended(when, body);
      case 'session.file': {
        const how = `${body.direction === 'to' ? 'copied in' : 'copied out'}${body.cut ? ' in part' : ''}`;
        return `${when}   ${how} ${visible(body.path)}  ${formatBytes(body.bytes)}  ${body.sha256 ?? (body.kind === 'file' ? 'digest withheld' : body.kind)}\n`;
      }
      case 'connection.opened':
        return `${when}   connection ${body.number} to port ${body.port}\n`;
      case 'connection.closed': {
        const why = body.error === undefined ? '' : `  (${visible(body.error)})`;
        return `${when}   connection ${body.number} closed: sent ${formatBytes(body.sent)}, received ${formatBytes(body.received)}${why}\n`;
      }
      default:
        return '';
    }
  }

  /** Requests that have no end yet. */
  rest(): string {
    return [...this.#open.values()].map((body) => request('…'.padStart(7), body, 'under way')).join('');
  }

  #ended(when: string, { id, status, outcome, error }: BodyOf<'request.ended'>): string {
    const admitted = this.#open.get(id);
    if (admitted === undefined) return '';
    this.#open.delete(id);
    if (outcome === 'answered') return request(when, admitted, String(status));
    return request(when, admitted, error === undefined ? outcome : `${outcome}: ${visible(error)}`);
  }
}

function request(when: string, body: BodyOf<'request.admitted'>, how: string): string {
  const dry = body.dryRun ? ' (dry run)' : '';
  const opens = body.opens === undefined ? '' : `  session ${body.opens}`;
  return decided(when, `${visible(requestText(body.request))}${dry}  ${how}${opens}`.trimEnd(), body);
}

function decided(
  when: string,
  text: string,
  body: Pick<BodyOf<'command.decided'>, 'decision' | 'allowed' | 'unknown' | 'approval'>,
): string {
  const { decision, allowed, unknown, approval } = body;
  if (!allowed) {
    const asked = approval === undefined ? 'refused, needs approval' : visible(approvalText(approval));
    const refused = decision.effect === 'ask' ? asked : 'refused';
    return `${paint('red', `${when} ✗ ${text}`)}  (${refused} by ${visible(decision.rule)}: ${visible(decision.reason)})\n`;
  }
  if (decision.unjudged)
    return `${paint('yellow', `${when} ? ${text}`)}  (unjudged: ${visible(unknown.join('; '))})\n`;
  const how = approval === undefined ? '' : `  (${visible(approvalText(approval))})`;
  return `${when}   ${text}${how}\n`;
}
