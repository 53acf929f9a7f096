/**
 * What a client goes on sending behind the answer that it has got: Node reads all of it, so that the connection can be
 * used again. A little of it is on its way rightly, where an answer is early; who sends on is cut off.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const MOST_BYTES = 256 * 1024;
const LONGEST_MS = 1000;
const LOOK_EVERY_MS = 20;

export function boundLeftover(response: ServerResponse): void {
  const { req } = response;
  const { socket } = req; // Node takes it away from a request that is over
  response.once('finish', () => req.complete || watch(socket, () => req.complete));
}

function watch(socket: Socket, isWhole: () => boolean): void {
  const upTo = socket.bytesRead + MOST_BYTES;
  let looks = LONGEST_MS / LOOK_EVERY_MS;
  const timer = setInterval(() => {
    looks -= 1;
    const isOver = isWhole() || socket.destroyed;
    if (!isOver && socket.bytesRead <= upTo && looks > 0) return;
    clearInterval(timer);
    if (!isOver) socket.destroy();
  }, LOOK_EVERY_MS).unref();
}
