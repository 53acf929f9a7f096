/**
 * A session followed live over a WebSocket: everything from its first byte, at once, and then what comes,
 * as the events of the same cast that a download has, out of one iterator over the log, so that there is no seam where something could be lost or doubled.
 *
 * A viewer never slows the recording: each has its own iterator, which reads the log no faster than the
 * viewer takes the frames, and who takes nothing for long is dropped (and may come back).
 */
import type { WebSocket } from 'ws';
import type { SessionId } from '../audit/units.ts';
import { CastEvents, castHeader } from '../export/asciicast.ts';
import type { Archive } from '../log/ports.ts';
import { AlisEncoder, LIVE_PROTOCOL, MAGIC } from './alis.ts';

export { LIVE_PROTOCOL };

export interface LiveOptions {
  /** Bytes that may wait in the socket before the log is read on. */
  highWater?: number;
  /** How long a viewer may take nothing, in milliseconds. */
  stalledAfter?: number;
}

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const CLOSE = { done: 1000, wrongProtocol: 1002, failed: 1011 } as const;

/** Streams the session to `socket` until it ends or the viewer goes. */
export function serveLive(
  archive: Archive,
  id: SessionId,
  socket: WebSocket,
  options: LiveOptions = {},
): void {
  if (socket.protocol !== LIVE_PROTOCOL) {
    socket.close(CLOSE.wrongProtocol, `this stream speaks ${LIVE_PROTOCOL} only`);
    return;
  }
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  // An error is always followed by close, which ends the stream.
  socket.on('error', () => {});
  void stream(archive, id, new Viewer(socket, gone.signal, options)).then(
    () => socket.close(CLOSE.done),
    () => socket.close(CLOSE.failed, 'the stream broke off'),
  );
}

async function stream(archive: Archive, id: SessionId, viewer: Viewer): Promise<void> {
  const summary = await archive.session(id);
  const encoder = new AlisEncoder();
  const cast = new CastEvents(summary);
  await viewer.send(MAGIC);
  await viewer.send(encoder.reset(castHeader(summary)));
  for await (const stored of archive.follow(id, { signal: viewer.signal })) {
    for (const event of cast.of(stored)) await viewer.send(encoder.event(event));
  }
  for (const event of cast.end()) await viewer.send(encoder.event(event));
  await viewer.send(encoder.end());
}

/** Sends at the viewer's pace. */
class Viewer {
  /** Aborts when the viewer is gone. */
  readonly signal: AbortSignal;
  readonly #socket: WebSocket;
  readonly #highWater: number;
  readonly #stalledAfter: number;

  constructor(socket: WebSocket, signal: AbortSignal, options: LiveOptions) {
    this.#socket = socket;
    this.signal = signal;
    this.#highWater = options.highWater ?? 1024 * 1024;
    this.#stalledAfter = options.stalledAfter ?? 60_000;
  }

  /** Resolves when the frame is on its way and there is room for the next. @throws where the viewer is gone */
  async send(frame: Buffer): Promise<void> {
    this.signal.throwIfAborted();
    const written = new Promise<void>((resolve, reject) => {
      this.#socket.send(frame, (error) => (error ? reject(error) : resolve()));
    });
    if (this.#socket.bufferedAmount <= this.#highWater) {
      // A failed write closes the socket, and that is seen above.
      written.catch(() => {});
      return;
    }
    const stalled = setTimeout(() => this.#socket.terminate(), this.#stalledAfter);
    try {
      await written;
    } finally {
      clearTimeout(stalled);
    }
  }
}
