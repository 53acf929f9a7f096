/** Values that are known at one time, ready to be found in bytes and replaced there. Pure. */
import { Automaton, type Found, type Pattern, SHORTEST } from './automaton.ts';
import { type Form, formsOf } from './forms.ts';
import type { Marker, MaskedFor, View } from './marker.ts';
import { type Hit, replacement, type Style } from './replace.ts';
import { visible } from './visible.ts';

/** A value, and for whom it is masked. */
export interface KnownValue extends MaskedFor {
  bytes: Buffer;
}

/** The same bytes as each view has them; one object where nothing in them differs. */
export interface Views {
  record: Uint8Array;
  agent: Uint8Array;
  /** True where something in the record was masked. */
  masked: boolean;
}

interface KnownForm extends Form, Pattern {
  bytes: Buffer;
  /** What it is a form of. */
  value: Buffer;
}

/** What was found in some bytes, in raw places. */
export interface Search {
  record: readonly Hit[];
  agent: readonly Hit[];
  /** Where something begins that may go on behind their end; their length where nothing does. */
  partial: number;
  /** The same of an escape sequence. */
  open: number;
}

export class Known {
  /** In less than so many bytes there is none of them; infinity where none is known. */
  readonly shortest: number;
  readonly #automaton: Automaton | null;
  readonly #forms: readonly KnownForm[];
  readonly #marker: Marker;

  constructor(values: Iterable<KnownValue>, marker: Marker) {
    this.#marker = marker;
    this.#forms = [...values].flatMap((value) =>
      formsOf(value.bytes)
        .filter(({ bytes }) => bytes.length >= SHORTEST)
        .map((form) => ({ ...form, record: value.record, agent: value.agent, value: value.bytes })),
    );
    this.#automaton = this.#forms.length === 0 ? null : new Automaton(this.#forms);
    this.shortest = this.#automaton?.shortest ?? Number.POSITIVE_INFINITY;
  }

  /** @param style `stars` for what a person reads, `json` for text that has to stay JSON */
  search(bytes: Uint8Array, style: Style): Search {
    if (this.#automaton === null) return { record: [], agent: [], partial: bytes.length, open: bytes.length };
    const { text, raw, open } =
      style === 'json' ? { text: bytes, raw: (at: number) => at, open: bytes.length } : visible(bytes);
    const { record, agent, partial } = this.#automaton.find(text, { broken: style === 'stars' });
    const hits = (spans: Found['record']): Hit[] =>
      spans.map(({ start, end, pattern }) => ({
        start: raw(start),
        end: raw(end - 1) + 1,
        form: this.#forms[pattern]!,
      }));
    const begun = partial === text.length ? bytes.length : raw(partial);
    return { record: hits(record), agent: hits(agent), partial: begun, open };
  }

  /** All that was found in `bytes` between two places replaced, for both views. */
  render(bytes: Uint8Array, search: Search, { from, to }: { from: number; to: number }, style: Style): Views {
    const part = bytes.subarray(from, to);
    const view = (hits: readonly Hit[], name: View): Uint8Array => {
      const pieces: Uint8Array[] = [];
      let done = from;
      for (const hit of hits) {
        const [start, end] = [Math.max(hit.start, from), Math.min(hit.end, to)];
        if (start >= end) continue;
        const mask = replacement(bytes, { ...hit, start, end }, style, this.#marker, name);
        pieces.push(bytes.subarray(done, start), mask);
        done = end;
      }
      return pieces.length === 0 ? part : Buffer.concat([...pieces, bytes.subarray(done, to)]);
    };
    const [record, agent] = [view(search.record, 'record'), view(search.agent, 'agent')];
    return { record, agent, masked: record !== part };
  }

  /** Bytes that are all there. */
  mask(bytes: Uint8Array, style: Style): Views {
    if (bytes.length < this.shortest) return { record: bytes, agent: bytes, masked: false };
    return this.render(bytes, this.search(bytes, style), { from: 0, to: bytes.length }, style);
  }
}
