/** A session as plain text: its output as a person would have read it, without colours and control sequences. */

import { Utf8Decoder } from '../asciicast/utf8.ts';
import type { Micros } from '../audit/units.ts';
import type { SessionSummary, StoredEvent } from '../log/ports.ts';
import { gapLabel, removedLabel } from './labels.ts';
import type { Projection } from './projection.ts';
import { type TextLine, TextLines } from './textlines.ts';

/** Turns the events of one session, in order, into lines of text; `at` is microseconds since its start. */
export class OutputLines {
  readonly #startedAt: Micros;
  readonly #decoder = new Utf8Decoder();
  readonly #lines: TextLines;
  #last: Micros = 0;

  constructor(summary: SessionSummary) {
    this.#startedAt = summary.startedAt;
    this.#lines = new TextLines(summary.terminal?.cols || undefined);
  }

  /** The lines that `stored` completed. */
  of(stored: StoredEvent): TextLine[] {
    const { body, at } = stored.event;
    this.#last = Math.max(this.#last, at - this.#startedAt);
    switch (body.type) {
      case 'session.output':
        if (stored.content === null) return this.#note(removedLabel(body));
        return this.#lines.write(this.#decoder.write(stored.content), this.#last);
      case 'session.resize':
        if (body.cols > 0) this.#lines.resize(body.cols);
        return [];
      case 'gap':
        return this.#note(gapLabel(body));
      default:
        return [];
    }
  }

  end(): TextLine[] {
    return [...this.#lines.write(this.#decoder.end(), this.#last), ...this.#lines.end()];
  }

  /** A reader must see that something is missing, and not take it for output. */
  #note(label: string): TextLine[] {
    return [...this.end(), { text: `[${label}]`, at: this.#last, continues: false }];
  }
}

export function textProjection(summary: SessionSummary): Projection {
  const output = new OutputLines(summary);
  const join = (lines: TextLine[]) =>
    lines.map((line) => (line.continues ? line.text : `${line.text}\n`)).join('');
  return {
    start: () => '',
    event: (stored) => join(output.of(stored)),
    end: () => join(output.end()),
  };
}
