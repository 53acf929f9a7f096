/** A session as an asciicast: output, input where it was recorded, resizes, a marker for each decision, the exit. */
import { quote } from 'shell-quote';
import { DEFAULT_SIZE, type Event, type Header, type Version } from '../asciicast/cast.ts';
import { Utf8Decoder } from '../asciicast/utf8.ts';
import { castEncoder } from '../asciicast/write.ts';
import { type BodyOf, isRoutine } from '../audit/event.ts';
import type { Micros } from '../audit/units.ts';
import type { SessionSummary, StoredEvent } from '../log/ports.ts';
import {
  decisionLabel,
  failureLabel,
  fileLabel,
  gapLabel,
  oneLine,
  removedLabel,
  requestLabel,
  sessionTitle,
  toolLabel,
} from './labels.ts';
import type { Projection } from './projection.ts';

export function castHeader(summary: SessionSummary): Header {
  const { terminal, command, entrance } = summary;
  const line = quote(command);
  const title = oneLine(entrance === undefined ? line : sessionTitle(summary));
  return {
    cols: terminal?.cols || DEFAULT_SIZE.cols,
    rows: terminal?.rows || DEFAULT_SIZE.rows,
    timestamp: Math.floor(summary.startedAt / 1_000_000),
    ...(terminal?.term ? { termType: terminal.term } : {}),
    ...(summary.state === 'live' ? {} : { duration: Math.max(0, summary.lastAt - summary.startedAt) }),
    ...(line === '' ? {} : { command: line }),
    ...(title === '' ? {} : { title }),
  };
}

/** Turns the events of one session, in order, into those of a cast. One for each stream: it decodes UTF-8. */
export class CastEvents {
  readonly #startedAt: Micros;
  readonly #rawLines: boolean;
  readonly #output = new Utf8Decoder();
  readonly #input = new Utf8Decoder();
  #last: Micros = 0;

  constructor(summary: Pick<SessionSummary, 'startedAt' | 'terminal'>) {
    this.#startedAt = summary.startedAt;
    // without a terminal nothing turned \n into \r\n, and a player would show stairs
    this.#rawLines = summary.terminal === undefined;
  }

  /** What `stored` adds to the cast. */
  of(stored: StoredEvent): Event[] {
    const { body, at } = stored.event;
    this.#last = Math.max(this.#last, at - this.#startedAt);
    switch (body.type) {
      case 'session.output':
      case 'session.input':
        return this.#content(body, stored.content);
      case 'session.resize':
        // a terminal without a size says 0×0: nothing that could be shown
        return body.cols > 0 && body.rows > 0
          ? [{ time: this.#last, code: 'r', cols: body.cols, rows: body.rows }]
          : [];
      case 'command.decided':
        return isRoutine(body) ? [] : [this.#marker(decisionLabel(body))];
      case 'tool.decided':
        return [this.#marker(toolLabel(body))];
      case 'request.admitted':
        return body.allowed ? [] : [this.#marker(requestLabel(body))];
      case 'session.file':
        return [this.#marker(fileLabel(body))];
      case 'gap':
        return [...this.end(), this.#marker(gapLabel(body))];
      case 'session.end':
        return [
          ...this.end(),
          ...(body.error === undefined ? [] : [this.#marker(failureLabel(body))]),
          { time: this.#last, code: 'x', status: body.status },
        ];
      case 'session.start':
      case 'identity.proven':
      case 'hook.received':
      case 'connection.opened':
      case 'connection.closed':
      case 'request.answer':
      case 'request.ended':
      case 'approval.requested':
      case 'approval.effect':
      case 'approval.voted':
      case 'approval.settled':
      case 'approval.used':
      case 'approval.returned':
      case 'approval.revoked':
      case 'policy.loaded':
      case 'policy.rejected':
      case 'access.login':
      case 'access.logout':
      case 'access.viewed':
      case 'access.refused':
      case 'access.offboarded':
        return [];
    }
  }

  /** The halves of characters that nothing completed. */
  end(): Event[] {
    return [...this.#text('o', this.#output.end()), ...this.#text('i', this.#input.end())];
  }

  #content(body: BodyOf<'session.output' | 'session.input'>, content: Uint8Array | null): Event[] {
    const [code, decoder] =
      body.type === 'session.output' ? (['o', this.#output] as const) : (['i', this.#input] as const);
    if (content === null) return [...this.#text(code, decoder.end()), this.#marker(removedLabel(body))];
    return this.#text(code, decoder.write(content));
  }

  #text(code: 'o' | 'i', text: string): Event[] {
    if (text === '') return [];
    const data = code === 'o' && this.#rawLines ? text.replaceAll('\n', '\r\n') : text;
    return [{ time: this.#last, code, data }];
  }

  #marker(label: string): Event {
    return { time: this.#last, code: 'm', label };
  }
}

export function castProjection(version: Version, summary: SessionSummary): Projection {
  const encoder = castEncoder(version);
  const events = new CastEvents(summary);
  const lines = (cast: Event[]) => cast.map((event) => encoder.event(event)).join('');
  return {
    start: () => encoder.header(castHeader(summary)),
    event: (stored) => lines(events.of(stored)),
    end: () => lines(events.end()),
  };
}
