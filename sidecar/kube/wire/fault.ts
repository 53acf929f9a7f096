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

export function faulted<Code extends string>(fault: Code, message: string): Fault<Code> {
  return { kind: 'fault', fault, message };
}
