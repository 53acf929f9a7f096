/** What is known of a body as it flows by: how long, its digest, and how much of it is kept. */
import { createHash, type Hash, hash } from 'node:crypto';
import type { BodySummary } from '../../../recorder/audit/request.ts';

export interface BodyKind {
  /** Media type, see `mediaType`. */
  type: string;
  encoding?: 'gzip';
}

export class Ledger {
  readonly #kind: BodyKind;
  readonly #hash: Hash = createHash('sha256');
  #sent = 0;
  #bytes = 0;
  #room: number;

  /** @param room the most bytes that are kept */
  constructor(kind: BodyKind, room: number) {
    this.#kind = kind;
    this.#room = room;
  }

  /** Bytes as they were sent. */
  sent(bytes: number): void {
    this.#sent += bytes;
  }

  /** The part of a piece, its encoding undone and its secrets masked, that is to be kept: its beginning, perhaps nothing. */
  keep(piece: Uint8Array): Uint8Array {
    this.#hash.update(piece);
    this.#bytes += piece.length;
    const kept = piece.length <= this.#room ? piece : piece.subarray(0, this.#room);
    this.#room -= kept.length;
    return kept;
  }

  /** @param kept bytes that were kept */
  summary(kept: number, masked: boolean): BodySummary {
    const cut = this.#bytes - kept;
    const sha256 = this.#hash.digest('hex');
    return { ...this.#kind, bytes: this.#sent, sha256, ...(masked && { masked }), ...(cut > 0 && { cut }) };
  }
}

/** What is stored of a body, of which so many bytes were sent. */
export interface WholeBody {
  stored: Uint8Array;
  sent: number;
  masked: boolean;
}

/** The same of a body that is all there, in no encoding. */
export function wholeBody(
  { stored, sent, masked }: WholeBody,
  type: string,
  room: number,
): { summary: BodySummary; kept: Uint8Array } {
  const kept = stored.length <= room ? stored : stored.subarray(0, room);
  const cut = stored.length - kept.length;
  const sha256 = hash('sha256', stored, 'hex');
  return { summary: { type, bytes: sent, sha256, ...(masked && { masked }), ...(cut > 0 && { cut }) }, kept };
}

/** What the API server itself looks at: which form of an object, and that it is a stream of them. */
const PARAMETERS = new Set(['as', 'g', 'v', 'stream']);
const MAX_TYPE = 200;

/** A media type as it is recorded: lower case, with the parameters that say what is in it. */
export function mediaType(header: string | undefined): string {
  const [type = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim());
  const telling = parameters.filter((part) => PARAMETERS.has(part.split('=', 1)[0]!.toLowerCase()));
  return [type.toLowerCase(), ...telling].join(';').slice(0, MAX_TYPE);
}
