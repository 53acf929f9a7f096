/** A real HTTP server that is told of approvals, and answers as the test says. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Got {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** In milliseconds of `performance.now()`. */
  at: number;
}

export interface Receiver {
  url: URL;
  got: Got[];
  /** Resolves when so many have come. */
  count(wanted: number): Promise<Got[]>;
  close(): Promise<void>;
}

/** @param answer of the n-th request, from 0 */
export async function receiver(
  t: { teardown(done: () => Promise<void>): void },
  answer: (response: ServerResponse, number: number) => void = (response) => response.end(),
): Promise<Receiver> {
  const got: Got[] = [];
  let wake = () => {};
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path = '', headers } = request;
      got.push({ path, headers, body: Buffer.concat(chunks).toString(), at: performance.now() });
      answer(response, got.length - 1);
      wake();
    });
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  t.teardown(close);
  return {
    url: new URL(`http://127.0.0.1:${port}/hooks/secret-path`),
    got,
    count: async (wanted) => {
      while (got.length < wanted)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return got;
    },
    close,
  };
}
