/** Probes of the kubelet: plain HTTP, one word, and nothing that is worth listening to. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ChaperoneError } from '../../../recorder/errors.ts';

export type Readiness = 'ok' | 'degraded' | 'closing';

export interface HealthOptions {
  host: string;
  /** 0 takes any free one. */
  port: number;
  readiness(): Promise<Readiness>;
}

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 8 * 1024,
};
const MAX_CONNECTIONS = 64;

/** @throws ChaperoneError `PORT_IN_USE` */
export async function startHealth({ host, port, readiness }: HealthOptions): Promise<HealthServer> {
  const server = createServer(LIMITS, async ({ method, url }, response) => {
    const say = (status: number, word: string) =>
      response.writeHead(status, { 'content-type': 'text/plain' }).end(method === 'HEAD' ? '' : `${word}\n`);
    if (method !== 'GET' && method !== 'HEAD') return say(405, 'GET only');
    if (url === '/livez') return say(200, 'ok');
    if (url !== '/readyz') return say(404, 'not here');
    const found = await readiness().catch((): Readiness => 'degraded');
    return say(found === 'closing' ? 503 : 200, found);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ message }) =>
      reject(
        new ChaperoneError(
          'PORT_IN_USE',
          `the probes cannot be answered: ${message}; choose another --health-port`,
        ),
      ),
    );
    server.listen({ host, port, exclusive: true }, resolve);
  });
  server.removeAllListeners('error').on('error', () => undefined);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
