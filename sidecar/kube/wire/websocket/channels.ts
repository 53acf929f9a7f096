/**
 * Kubernetes' channels in WebSocket messages: the subprotocols `*.channel.k8s.io`. Pure.
 * https://github.com/kubernetes/kubernetes/tree/master/staging/src/k8s.io/apimachinery/pkg/util/httpstream/wsstream
 *
 *     binary message            base64.*, a text message
 *     +---------+-------…       +-----------+---------…
 *     | channel | bytes         | '0' + ch. | base64
 *     +---------+-------…       +-----------+---------…
 *       1 byte
 *
 * As the real server does, a client's text message is taken for bytes where binary is due (the Python client
 * sends text), and an empty message is passed over. A server's is refused, as kubectl refuses it.
 */
import { type Fault, faulted } from '../fault.ts';
import type { Sender } from '../peer.ts';
import { Base64Reader } from './base64.ts';
import type { WebSocketEncoder } from './encoder.ts';
import type { WebSocketEvent } from './frame.ts';

const ZERO = 0x30;

/** A piece of a message, its channel taken off. `first` is true once for each message, maybe with no bytes. */
export interface ChannelPiece {
  channel: number;
  data: Buffer;
  first: boolean;
  last: boolean;
  /** What is wrong behind `data`, which comes before it; null mostly. */
  fault: Fault<MessageFault> | null;
}

export type MessageFault = 'BASE64_INVALID' | 'TEXT_UNEXPECTED';

export interface ChannelOptions {
  from: Sender;
  base64: boolean;
}

export class ChannelReader {
  readonly #options: ChannelOptions;
  /** Of the message that is being read. */
  #current: { channel: number; base64: Base64Reader | null } | null = null;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  /** Null for an empty message. */
  push(piece: Extract<WebSocketEvent, { kind: 'data' }>): ChannelPiece | Fault<MessageFault> | null {
    const { from, base64 } = this.#options;
    if (piece.opcode === 'text' && !base64 && from === 'server') {
      return faulted('TEXT_UNEXPECTED', 'the server sent text where the subprotocol is binary');
    }
    const { first, last } = piece;
    let bytes = piece.data;
    if (first) {
      if (bytes.length === 0) return null;
      this.#current = {
        channel: base64 ? bytes[0]! - ZERO : bytes[0]!,
        base64: base64 ? new Base64Reader() : null,
      };
      bytes = bytes.subarray(1);
    }
    const current = this.#current!;
    if (last) this.#current = null;
    const { channel } = current;
    if (current.base64 === null) return { channel, data: bytes, first, last, fault: null };
    const { data, valid } = current.base64.push(bytes, last);
    const fault = valid ? null : faulted<MessageFault>('BASE64_INVALID', `no base64 on channel ${channel}`);
    return { channel, data, first, last: last && valid, fault };
  }
}

/** One message. */
export function encodeMessage(
  encoder: WebSocketEncoder,
  base64: boolean,
  channel: number,
  data: Uint8Array,
): Buffer {
  if (!base64) return encoder.binary(Uint8Array.of(channel), data);
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return encoder.text(`${channel}${bytes.toString('base64')}`);
}
