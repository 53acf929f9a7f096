/** A real provider in this process, its keys at hand, and a place to change what it answers on the way out. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import Provider, { type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { providerMemory } from '../../../provider-memory.ts';

interface Test {
  teardown(action: () => Promise<unknown>): void;
}

type Key = Awaited<ReturnType<typeof makeKey>>;

export interface RealProvider {
  issuer: URL;
  /** What it says of each of its accounts; may be changed at any time. */
  accounts: Map<string, Record<string, unknown>>;
  /** Who signs in where somebody asks; null shows a page on which to say so. */
  user: string | null;
  /** Changes an answer on its way out: `/token`, `/jwks`, `/.well-known/openid-configuration`. */
  tamper: ((path: string, body: Record<string, unknown>) => unknown) | null;
  /** Answers in the provider's place where it is set. */
  instead: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  /** Paths that were asked for. */
  asked: string[];
  /** Makes it known at which address the recorder listens. */
  serve(recorder: string): Promise<void>;
  /** Other keys from now on. */
  rotate(): Promise<void>;
  /** Whatever claims, signed by its key. */
  sign(claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  /** Nobody's refresh token is good any more. */
  revokeAll(): Promise<void>;
  provider(): Provider;
}

export const CLIENT = 'chaperone';
export const SECRET = 'a-secret-of-the-client-0123456789';
export const DEVICE = 'chaperone-cli';

export async function realProvider(t: Test): Promise<RealProvider> {
  const { promise: ready, resolve: isReady } = Promise.withResolvers<void>();
  const http = createServer((request, response) => {
    void ready.then(() => answer(request, response));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const issuer = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  t.teardown(() => {
    http.closeAllConnections();
    return new Promise((resolve) => http.close(resolve));
  });
  let key: Key = await makeKey();
  let provider: Provider;
  let recorder = '';
  const grants = new Set<string>();
  const start = () => {
    provider = new Provider(issuer.origin, configure(world, { key, recorder }));
    provider.on('refresh_token.saved', (token) => grants.add(token.grantId ?? ''));
  };
  const world: RealProvider = {
    issuer,
    accounts: new Map(),
    user: 'first',
    tamper: null,
    instead: null,
    asked: [],
    async serve(address) {
      recorder = address;
      start();
      isReady();
    },
    async rotate() {
      key = await makeKey();
      start();
    },
    sign: (claims, header) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: key.jwk.kid!, ...header })
        .sign(key.privateKey),
    async revokeAll() {
      for (const grant of grants) await provider.RefreshToken.revokeByGrantId(grant);
    },
    provider: () => provider,
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = new URL(request.url ?? '', issuer).pathname;
    world.asked.push(path);
    const { tamper, instead } = world;
    if (tamper !== null) changeJson(response, (body) => tamper(path, body));
    if (instead !== null) instead(request, response);
    else if (path.startsWith('/interaction/')) void interact(provider, world, request, response);
    else void provider.callback()(request, response);
  };
  return world;
}

async function makeKey() {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk: JWK = { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: crypto.randomUUID() };
  return { privateKey, publicKey, jwk };
}

function configure(world: RealProvider, { key, recorder }: { key: Key; recorder: string }): Configuration {
  return {
    adapter: providerMemory,
    clients: [
      {
        client_id: CLIENT,
        client_secret: SECRET,
        application_type: 'native',
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: [`${recorder}/login/callback`],
        post_logout_redirect_uris: [`${recorder}/login/out`],
        grant_types: ['authorization_code', 'refresh_token'],
      },
      {
        client_id: DEVICE,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: [],
        response_types: [],
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      },
    ],
    jwks: { keys: [key.jwk as never] },
    cookies: { keys: ['for-the-test'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups', 'realm'] },
    scopes: ['openid', 'offline_access', 'email', 'groups'],
    conformIdTokenClaims: false,
    features: {
      devInteractions: { enabled: false },
      deviceFlow: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      revocation: { enabled: true },
    },
    ttl: {
      AccessToken: 3600,
      IdToken: 3600,
      Session: 86_400,
      Grant: 86_400,
      RefreshToken: 86_400,
      Interaction: 600,
    },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, id) =>
      world.accounts.has(id)
        ? { accountId: id, claims: async () => ({ sub: id, ...world.accounts.get(id) }) }
        : undefined,
    issueRefreshToken: async (_context, client) => client.grantTypeAllowed('refresh_token'),
    loadExistingGrant: grantAll,
    pkce: { required: () => true },
    renderError: async (context, out) => {
      context.body = `error: ${out.error}`;
    },
  };
}

/** Nobody is asked whether they agree: that is not what is tested. */
async function grantAll(context: KoaContextWithOIDC) {
  const { client, session, provider, params } = context.oidc;
  const grant = new provider.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' });
  grant.addOIDCScope(String(params?.scope ?? ''));
  await grant.save();
  return grant;
}

/** Signs `user` in; where there is none, the page asks. */
async function interact(
  provider: Provider,
  world: RealProvider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const asked = new URL(request.url ?? '', world.issuer).searchParams.get('as');
  const accountId = asked ?? world.user;
  if (accountId === null) {
    response.setHeader('content-type', 'text/html');
    response.end(
      '<title>Provider</title><form><input name="as" aria-label="Name"><button>Sign in</button></form>',
    );
    return;
  }
  const result = accountId === '' ? { error: 'access_denied' } : { login: { accountId }, consent: {} };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

/** Changes a JSON body before it is sent. */
function changeJson(response: ServerResponse, change: (body: Record<string, unknown>) => unknown): void {
  const end = response.end.bind(response) as (body?: unknown) => ServerResponse;
  const send = async (text: string): Promise<void> => {
    const changed = JSON.stringify(await change(JSON.parse(text)));
    response.setHeader('content-length', Buffer.byteLength(changed));
    end(changed);
  };
  response.end = ((body?: unknown) => {
    const text = typeof body === 'string' || Buffer.isBuffer(body) ? body.toString() : '';
    if (!text.startsWith('{')) return end(body);
    void send(text);
    return response;
  }) as typeof response.end;
}
