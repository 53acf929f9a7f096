/** A real OpenID provider on this machine, whose clients are the people: their names and groups are the test's to say. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { providerMemory } from '../../../provider-memory.ts';

interface Test {
  teardown(action: () => Promise<unknown>): void;
}

export const AUDIENCE = 'urn:kubernetes';
export const SECRET = 'a-secret-of-this-person-that-is-long-enough';

export interface People {
  [client: string]: Record<string, unknown>;
}

export interface TestProvider {
  issuer: string;
  /** Claims by the client's name; may be changed. */
  people: People;
  /** A fresh access token, asked for over HTTP. */
  token(client: string, audience?: string): Promise<string>;
  close(): Promise<void>;
}

export async function startProvider(t: Test, people: People): Promise<TestProvider> {
  let listener: RequestListener = () => {};
  const server = createServer((...exchange) => listener(...exchange));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = (client_id: string) => ({
    client_id,
    client_secret: SECRET,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  });
  const provider = new Provider(issuer, {
    adapter: providerMemory,
    clients: Object.keys(people).map(client),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, audience) => ({
          ...{ scope: '', audience, accessTokenFormat: 'jwt', accessTokenTTL: 300 },
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: (_context, { clientId }) => people[clientId ?? ''],
  });
  listener = provider.callback();
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(close);
  return { issuer, people, close, token: (name, audience = AUDIENCE) => ask(issuer, name, audience) };
}

async function ask(issuer: string, name: string, resource: string): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${name}:${SECRET}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource }),
  });
  const { access_token: token } = (await answer.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`no token: ${answer.status}`);
  return token;
}
