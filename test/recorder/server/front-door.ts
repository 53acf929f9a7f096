/** The routes of approvals on a real HTTP server, where a header says who is logged in: people as a provider names them. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Desk } from '../../../recorder/approvals/desk.ts';
import type { Archive, ArchiveBySubject } from '../../../recorder/log/ports.ts';
import { authorize } from '../../../recorder/server/authorize.ts';
import type { Principal, Role } from '../../../recorder/server/principal.ts';
import { sendError } from '../../../recorder/server/reply.ts';
import { Router } from '../../../recorder/server/router.ts';
import { approvalRoutes } from '../../../recorder/server/routes/approvals.ts';
import { ScopedArchive } from '../../../recorder/server/scoped-archive.ts';

export interface FrontDoor {
  port: number;
  close(): Promise<void>;
}

export interface Answer<T> {
  status: number;
  body: T;
}

/** @param people by name; whoever is not among them is refused */
export async function openDoor(
  { desk, archive, now }: { desk: Desk; archive: Archive & ArchiveBySubject; now(): number },
  people: ReadonlyMap<string, Principal>,
): Promise<FrontDoor> {
  const router = new Router(approvalRoutes({ desk, archive, now }));
  const server = createServer((incoming, response) => {
    const name = String(incoming.headers['x-person']);
    const { signal } = new AbortController();
    const answer = async () => {
      const { pathname, searchParams: query } = new URL(incoming.url ?? '', 'http://127.0.0.1');
      const found = router.find(incoming.method ?? '', pathname);
      const principal = people.get(name)!;
      const login = { how: 'link' as const, name: `browser-${name}`, principal, ended: signal };
      if (found === null || !authorize(login, found.route.needs, null)) {
        response.writeHead(403).end('{}');
        return;
      }
      const scoped = new ScopedArchive(archive, login);
      const { params, route } = found;
      const report = () => undefined;
      await route.handle({
        ...{
          request: incoming,
          response,
          query,
          params,
          signal,
          closing: signal,
          login,
          report,
          archive: scoped,
        },
      });
    };
    answer().catch((error) => sendError(response, error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export function person(user: string, roles: readonly Role[], ...groups: string[]): Principal {
  return { user, groups, roles, scopes: { viewer: [{}], approver: [{}] } };
}

/** As a browser of this person. */
export function callAs<T>(
  { port }: FrontDoor,
  user: string,
  { path, body }: { path: string; body?: object },
): Promise<Answer<T>> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer<T>>();
  const method = body === undefined ? 'GET' : 'POST';
  const headers = { 'x-person': user, 'content-type': 'application/json' };
  const outgoing = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) }),
    );
  });
  outgoing.on('error', reject);
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}
