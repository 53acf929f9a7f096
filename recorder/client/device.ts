/** A command line signs in at the recorder's provider: https://www.rfc-editor.org/rfc/rfc8628 */
import {
  allowInsecureRequests,
  type Configuration,
  customFetch,
  type DeviceAuthorizationResponse,
  discovery,
  initiateDeviceAuthorization,
  pollDeviceAuthorizationGrant,
  ResponseBodyError,
  refreshTokenGrant,
  type TokenEndpointResponse,
  tokenRevocation,
} from 'openid-client';
import { ChaperoneError } from '../errors.ts';
import { isLoopback, outbound } from '../server/oidc/outbound.ts';
import { scopeOf } from '../server/oidc/provider.ts';
import type { KeptLogin } from './kept-logins.ts';

/** What a person has to do meanwhile. */
export interface Invitation {
  /** Where to go. */
  url: string;
  /** What to enter there; null where the address holds it. */
  code: string;
  /** The same with the code in it; null where there is none. */
  whole: string | null;
}

export interface DeviceClient {
  issuer: string;
  clientId: string;
  scopes: readonly string[];
}

/**
 * Resolves when the person has signed in elsewhere.
 * @throws ChaperoneError `FORBIDDEN` where they said no, `UNAUTHENTICATED` where they took too long, `ISSUER_GONE`
 */
export async function signIn(
  client: DeviceClient,
  invite: (invitation: Invitation) => void,
): Promise<KeptLogin> {
  const configuration = await discovered(client);
  if (configuration.serverMetadata().device_authorization_endpoint === undefined)
    throw new ChaperoneError(
      'USAGE',
      `the identity provider ${client.issuer} has no device flow for command lines`,
    );
  const scope = scopeOf(configuration, client.scopes);
  const begun = await initiateDeviceAuthorization(configuration, { scope }).catch(explain);
  invite(invitationOf(begun));
  const tokens = await pollDeviceAuthorizationGrant(configuration, begun).catch(explain);
  return kept(client, tokens, null);
}

/** A newer token. @throws ChaperoneError `UNAUTHENTICATED` where the provider says no, `ISSUER_GONE` */
export async function renewed(login: KeptLogin): Promise<KeptLogin> {
  if (login.refreshToken === null)
    throw new ChaperoneError('UNAUTHENTICATED', 'your login has ended: run chaperone login again');
  const configuration = await discovered(login);
  const tokens = await refreshTokenGrant(configuration, login.refreshToken).catch(explain);
  return kept(login, tokens, login.refreshToken);
}

/** The provider forgets it, where it can. @throws ChaperoneError `ISSUER_GONE` */
export async function revoke(login: KeptLogin): Promise<void> {
  if (login.refreshToken === null) return;
  const configuration = await discovered(login);
  if (configuration.serverMetadata().revocation_endpoint === undefined) return;
  await tokenRevocation(configuration, login.refreshToken, { token_type_hint: 'refresh_token' }).catch(
    explain,
  );
}

function kept(
  { issuer, clientId }: Pick<KeptLogin, 'issuer' | 'clientId'>,
  { id_token: idToken, refresh_token: refreshToken }: TokenEndpointResponse,
  former: string | null,
): KeptLogin {
  if (idToken === undefined)
    throw new ChaperoneError(
      'UNAUTHENTICATED',
      'the identity provider gives no ID token: run chaperone login again',
    );
  return { issuer, clientId, idToken, refreshToken: refreshToken ?? former };
}

function invitationOf(begun: DeviceAuthorizationResponse): Invitation {
  const { verification_uri: url, verification_uri_complete: whole = null, user_code: code } = begun;
  for (const address of [url, whole ?? url]) {
    const safe =
      URL.canParse(address) && (new URL(address).protocol === 'https:' || isLoopback(new URL(address)));
    if (!safe)
      throw new ChaperoneError(
        'ISSUER_GONE',
        'the identity provider sends people to an address that is not safe',
      );
  }
  return { url, code, whole };
}

async function discovered({
  issuer,
  clientId,
}: {
  issuer: string;
  clientId: string;
}): Promise<Configuration> {
  const url = new URL(issuer);
  return discovery(url, clientId, undefined, undefined, {
    [customFetch]: outbound(),
    ...(isLoopback(url) && { execute: [allowInsecureRequests] }),
  }).catch(explain);
}

const WHY: Record<string, { code: 'FORBIDDEN' | 'UNAUTHENTICATED'; message: string }> = {
  access_denied: { code: 'FORBIDDEN', message: 'the sign-in was refused at the identity provider' },
  expired_token: { code: 'UNAUTHENTICATED', message: 'nobody signed in in time: run chaperone login again' },
  invalid_grant: { code: 'UNAUTHENTICATED', message: 'your login has ended: run chaperone login again' },
};

function explain(error: unknown): never {
  if (error instanceof ChaperoneError) throw error;
  const { cause, name, message } = error as Error;
  if (cause instanceof ChaperoneError) throw cause;
  const why = error instanceof ResponseBodyError ? WHY[error.error] : undefined;
  if (why !== undefined) throw new ChaperoneError(why.code, why.message, { cause: error });
  if (isTimeout(error) || isTimeout(cause))
    throw new ChaperoneError('UNAUTHENTICATED', WHY.expired_token!.message, { cause: error });
  const said = error instanceof ResponseBodyError ? error.error.slice(0, 100) : `${name}: ${message}`;
  throw new ChaperoneError('ISSUER_GONE', `the identity provider does not do it: ${said}`, { cause: error });
}

function isTimeout(error: unknown): boolean {
  return (error as Error | undefined)?.name === 'TimeoutError';
}
