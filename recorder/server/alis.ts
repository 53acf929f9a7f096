/**
 * asciinema's live stream, ALiS version 1, as asciinema-player and `asciinema play` read it: the magic
 * string, then frames, each a WebSocket message of its own. Subprotocol `v1.alis`.
 *
 *   magic   "ALiS" 0x01
 *   reset   0x01 last-id time cols rows theme:u8 init-length init
 *   output  'o'  id interval length utf-8          input 'i' likewise
 *   resize  'r'  id interval cols rows
 *   marker  'm'  id interval length utf-8
 *   exit    'x'  id interval status
 *   end     0x04 interval
 *
 * Numbers are unsigned LEB128; times are microseconds, an interval counts from the frame before; texts are
 * whole UTF-8. https://github.com/asciinema/asciinema/blob/main/src/alis.rs
 */
import type { Event } from '../asciicast/cast.ts';
import type { TerminalSize } from '../audit/session.ts';
import type { Micros } from '../audit/units.ts';

export const LIVE_PROTOCOL = 'v1.alis';

export const MAGIC = Buffer.from('ALiS\x01');

const RESET = '\x01';
const END = '\x04';
const NO_THEME = 0;

/** Writes frames of one stream; keeps the time and the id that the next one counts from. */
export class AlisEncoder {
  #last: Micros = 0;
  #id = 0;

  /** An empty terminal at time 0. */
  reset({ cols, rows }: TerminalSize): Buffer {
    return frame(RESET, [this.#id, 0, cols, rows, NO_THEME, 0]);
  }

  event(event: Event): Buffer {
    const head = this.#next(event.time);
    switch (event.code) {
      case 'o':
      case 'i':
        return frame(event.code, head, event.data);
      case 'm':
        return frame('m', head, event.label);
      case 'r':
        return frame('r', [...head, event.cols, event.rows]);
      case 'x':
        return frame('x', [...head, event.status]);
      case 'other':
        return frame(event.name.slice(0, 1), head, event.data);
    }
  }

  /** Nothing more will come. */
  end(): Buffer {
    return frame(END, [0]);
  }

  #next(time: Micros): [id: number, interval: number] {
    const interval = Math.max(0, time - this.#last);
    this.#last += interval;
    this.#id += 1;
    return [this.#id, interval];
  }
}

/** A type, numbers, and for the types that have one a text behind its length. */
function frame(type: string, numbers: readonly number[], text?: string): Buffer {
  const head = [type.charCodeAt(0), ...numbers.flatMap(leb128)];
  if (text === undefined) return Buffer.from(head);
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([...head, ...leb128(bytes.length)]), bytes]);
}

/** Unsigned LEB128 up to 2^53: shifts would lose what is above 2^32. https://dwarfstd.org/doc/DWARF5.pdf §7.6 */
function leb128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}
