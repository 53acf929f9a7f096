/** What both peers over WebSocket channels say alike, whatever the channels are for. Pure. */
import type { PingToken, Sender } from '../peer.ts';
import { encodeMessage } from './channels.ts';
import { type MaskKeys, WebSocketEncoder } from './encoder.ts';

const NOTHING = Buffer.alloc(0);

export class ChannelSpeaker {
  /** Nothing is counted here: TCP alone holds a sender back. */
  readonly windowed = false;
  protected readonly encoder: WebSocketEncoder;
  readonly #base64: boolean;

  /** @param keys masks for what we say to a server; a client is told nothing masked */
  constructor({ from, base64 }: { from: Sender; base64: boolean }, keys: MaskKeys) {
    this.encoder = new WebSocketEncoder(from === 'server' ? keys : null);
    this.#base64 = base64;
  }

  ping({ data }: PingToken): Buffer {
    return this.encoder.ping(data);
  }

  pong({ data }: PingToken): Buffer {
    return this.encoder.pong(data);
  }

  close(code: number | null, reason = ''): Buffer {
    return this.encoder.close(code, reason);
  }

  consumed(): Buffer {
    return NOTHING;
  }

  silent(): Buffer {
    return NOTHING;
  }

  sendable(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** One message on the channel of that number. */
  protected message(channel: number, data: Uint8Array): Buffer {
    return encodeMessage(this.encoder, this.#base64, channel, data);
  }
}
