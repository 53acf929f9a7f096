/** Follows a running session: its stream onto a tape, from the first byte, across lost connections. */
import { AlisDecoder, type Frame, LIVE_PROTOCOL } from './alis.ts';
import { Tape } from './tape.ts';

export interface LiveEvents {
  /** A stream has begun: at the start, and after each new connection, again from the first byte. */
  onTape(tape: Tape): void;
  onGrowth(tape: Tape): void;
  /** A command was decided. */
  onMarker(): void;
  onConnection(state: 'open' | 'lost' | 'ended'): void;
  /** The stream is not what it should be; it is not tried again. */
  onError(error: Error): void;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;

/** Starts following; the returned function stops it. */
export function followLive(url: string, events: LiveEvents): () => void {
  let socket: WebSocket | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let attempts = 0;

  const connect = () => {
    const stream = new LiveStream(events);
    socket = new WebSocket(url, LIVE_PROTOCOL);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => {
      attempts = 0;
      try {
        stream.take(data as ArrayBuffer);
      } catch (error) {
        stop();
        events.onError(error as Error);
      }
    };
    socket.onclose = ({ code }) => {
      if (stream.ended) return;
      events.onConnection('lost');
      // The server says with a code of its own that there is nothing to wait for.
      if (code >= 4000 && code < 5000) return;
      retry = setTimeout(connect, Math.min(FIRST_DELAY_MS * 2 ** attempts++, LONGEST_DELAY_MS));
    };
  };

  const stop = () => {
    clearTimeout(retry);
    if (socket === null) return;
    socket.onclose = null;
    socket.onmessage = null;
    socket.close();
  };

  connect();
  return stop;
}

class LiveStream {
  readonly #events: LiveEvents;
  readonly #decoder = new AlisDecoder();
  #tape: Tape | null = null;
  ended = false;

  constructor(events: LiveEvents) {
    this.#events = events;
  }

  take(message: ArrayBuffer): void {
    const frame = this.#decoder.decode(message);
    if (frame.kind === 'reset') this.#begin(frame);
    else if (this.#tape !== null) this.#apply(this.#tape, frame);
  }

  #begin({ cols, rows, time, init }: Extract<Frame, { kind: 'reset' }>): void {
    this.#tape = new Tape({ cols, rows }, { live: true });
    if (init !== '') this.#tape.append(time, init);
    this.#events.onConnection('open');
    this.#events.onTape(this.#tape);
  }

  #apply(tape: Tape, frame: Frame): void {
    if ('time' in frame) tape.reach(frame.time);
    if (frame.kind === 'output') tape.append(frame.time, frame.text);
    else if (frame.kind === 'resize') tape.append(frame.time, { cols: frame.cols, rows: frame.rows });
    else if (frame.kind === 'marker') this.#events.onMarker();
    else if (frame.kind === 'end') this.#end(tape);
    this.#events.onGrowth(tape);
  }

  #end(tape: Tape): void {
    this.ended = true;
    tape.finish();
    this.#events.onConnection('ended');
  }
}
