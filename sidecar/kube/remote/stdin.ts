/** What a client types or pipes into a remote command passes here before it goes on. */
import type { TerminalSize } from '../wire/remotecommand.ts';

/** What may go on now. */
export interface Passage {
  pass: Uint8Array;
  /** To be handed in again as soon as `pass` is on its way: what it brings about decides about the rest. */
  again?: Uint8Array;
  /** What the person is told, while the session goes on. */
  notice?: string;
  /** Nothing more may follow: what the person is told. What went on before may come to its end. */
  refused?: string;
}

export interface StdinGate {
  /** Resolves when it is decided; what has to wait for more is kept back. */
  write(bytes: Uint8Array): Promise<Passage>;
  /** No more will come: what was kept back is decided now. */
  end(): Promise<Passage>;
  /** What the person sees, after it was recorded and before it is shown; for gates that read a screen. */
  shown?(bytes: Uint8Array): Promise<void>;
  resized?(size: TerminalSize): void | Promise<void>;
}

/** For a program whose standard input is data. */
export class OpenStdin implements StdinGate {
  async write(bytes: Uint8Array): Promise<Passage> {
    return { pass: bytes };
  }

  async end(): Promise<Passage> {
    return { pass: new Uint8Array() };
  }
}
