/**
 * How a decoder says that a peer broke its protocol. Pure.
 *
 * A fault is the last event of the piece of bytes in which it was found, after everything that was decoded
 * before it, so that nothing is lost; from then on the decoder stays silent. Whoever gets one closes both
 * sides: what cannot be decoded is never forwarded.
 */
export interface Fault<Code extends string> {
  kind: 'fault';
  /** Which rule was broken: one of a closed set, each decoder its own. */
  fault: Code;
  /** One line for the log and for the person: what came, and what should have. */
  message: string;
}

/** What a reader can end with. */
interface Said {
  kind: string;
  /** True of a goodbye after which nothing comes. */
  last?: boolean;
}

/** Events of one layer, made of those of the layer below: up to the last one, and then silent. */
export class Reading {
  #over = false;

  /** @param read what one of them means */
  all<Below, Above extends Said>(came: readonly Below[], read: (event: Below) => Above[]): Above[] {
    const events: Above[] = [];
    for (const event of came) {
      if (this.#over) break;
      events.push(...read(event));
      const last = events.at(-1);
      this.#over ||= last?.kind === 'fault' || last?.last === true;
    }
    return events;
  }
}

export function faulted<Code extends string>(fault: Code, message: string): Fault<Code> {
  return { kind: 'fault', fault, message };
}
