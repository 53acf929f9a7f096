/**
 * One OpenID provider, spoken to by the library: discovery, the code flow, refreshing, the end of its session.
 * https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth
 */
import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  fetchUserInfo,
  ResponseBodyError,
  refreshTokenGrant,
  type TokenEndpointResponse,
} from 'openid-client';
import type { Micros } from '../../audit/units.ts';
import { ChaperoneError } from '../../errors.ts';
import { IssuerKeys } from '../../token/keys.ts';
import type { Claims } from '../../token/verifier.ts';
import { CredentialsRefused } from '../credentials.ts';
import { checkIdToken, type IdTokenClaims } from './id-token.ts';
import { isLoopback, type Outbound, type OutboundOptions, outbound } from './outbound.ts';
import { isComplete } from './person.ts';
import type { OidcSettings } from './settings.ts';

/** What was sent to the provider, and has to come back. */
export interface Sent {
  state: string;
  nonce: string;
  verifier: string;
}

/** What the provider gave: claims that were checked, and what lets us ask again. In memory only. */
export interface Given {
  claims: Claims;
  idToken: string;
  refreshToken: string | null;
}

export interface ProviderOptions extends OutboundOptions {
  /** Where the provider sends browsers back to. */
  redirectUri: string;
  /** Milliseconds for which what was discovered is not asked for again. */
  discoveredFor?: number;
  clock: { now(): Micros };
}

interface Known {
  configuration: Configuration;
  issuer: string;
  /** Where its keys are. */
  jwks: string;
  keys: IssuerKeys;
  until: number;
}

const HOUR_MS = 3_600_000;
/** Seconds: an ID token that we were given just now was made just now. */
const JUST_NOW = 600;

export class Provider {
  readonly #settings: OidcSettings;
  readonly #options: ProviderOptions;
  readonly #fetch: Outbound;
  #known: Known | null = null;
  #discovering: Promise<Known> | null = null;

  constructor(settings: OidcSettings, options: ProviderOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#fetch = outbound(options);
  }

  /**
   * Where the browser is sent to sign in.
   * @param anew whether the provider is to ask who it is, even if it knows
   * @throws ChaperoneError `ISSUER_GONE`
   */
  async authorizationUrl({ state, nonce, verifier }: Sent, anew: boolean): Promise<URL> {
    const { configuration } = await this.#discovered();
    return buildAuthorizationUrl(configuration, {
      redirect_uri: this.#options.redirectUri,
      scope: scopeOf(configuration, this.#settings.scopes),
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...{ state, nonce },
      ...(anew && { prompt: 'login' }),
    });
  }

  /**
   * Trades what the browser brought back for what the provider says of its owner.
   * @throws ChaperoneError `ISSUER_GONE`; CredentialsRefused where it is not as it has to be
   */
  async redeem(answer: URLSearchParams, { state, nonce, verifier }: Sent): Promise<Given> {
    const known = await this.#discovered();
    const url = new URL(this.#options.redirectUri);
    url.search = answer.toString();
    const checks = {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    };
    const tokens = await authorizationCodeGrant(known.configuration, url, checks).catch(explain);
    return this.#given(known, tokens);
  }

  /**
   * What the provider says now of the person whom `given` is about.
   * @throws ChaperoneError `ISSUER_GONE`; CredentialsRefused where the provider says no
   */
  async refresh({ claims, idToken, refreshToken }: Given): Promise<Given> {
    if (refreshToken === null) throw new CredentialsRefused('not-renewable', 'this login cannot be renewed');
    const known = await this.#discovered();
    const tokens = await refreshTokenGrant(known.configuration, refreshToken).catch(explain);
    const renewed = await this.#renewed(known, tokens, { claims, idToken });
    const given = { ...renewed, refreshToken: tokens.refresh_token ?? refreshToken };
    if (given.claims.sub !== claims.sub)
      throw new CredentialsRefused('wrong-subject', 'the provider speaks of somebody else');
    return given;
  }

  /** @throws ChaperoneError `ISSUER_GONE`; CredentialsRefused */
  async check(token: string, clientId: string, maxAge: number): Promise<IdTokenClaims> {
    const { keys, issuer } = await this.#discovered();
    const { clock } = this.#options;
    return checkIdToken(token, { keys, issuer, clock, clientId, maxAge });
  }

  /** Where the browser ends its session at the provider; null where that offers no such place, or is not known. */
  endUrl({ idToken }: Given, returnTo: string): string | null {
    const { configuration } = this.#known ?? {};
    if (configuration?.serverMetadata().end_session_endpoint === undefined) return null;
    return buildEndSessionUrl(configuration, {
      id_token_hint: idToken,
      post_logout_redirect_uri: returnTo,
    }).href;
  }

  /** Resolves once the provider has said what it is. @throws ChaperoneError `ISSUER_GONE` */
  async reach(): Promise<void> {
    await this.#discovered();
  }

  /** Its claims are those of the ID token; what that leaves out is asked for. */
  async #given({ configuration, keys, issuer }: Known, tokens: TokenEndpointResponse): Promise<Given> {
    const { id_token: idToken = '', refresh_token: refreshToken = null } = tokens;
    const { clientId } = this.#settings;
    const { clock } = this.#options;
    const claims = await checkIdToken(idToken, { keys, issuer, clock, clientId, maxAge: JUST_NOW });
    const more = isComplete(claims, this.#settings)
      ? {}
      : await this.#userInfo({ configuration }, tokens, claims.sub);
    return { claims: { ...more, ...claims }, idToken, refreshToken };
  }

  /** Not every provider gives a new ID token; what it says now has to come from somewhere. */
  async #renewed(
    known: Known,
    tokens: TokenEndpointResponse,
    { claims, idToken }: Pick<Given, 'claims' | 'idToken'>,
  ): Promise<Given> {
    if (tokens.id_token !== undefined) return this.#given(known, tokens);
    if (known.configuration.serverMetadata().userinfo_endpoint === undefined)
      throw new CredentialsRefused('not-renewable', 'the provider does not say who you are now');
    const now = await this.#userInfo(known, tokens, claims.sub);
    const { iss, sub, aud, exp } = claims;
    return { claims: { ...now, ...{ iss, sub, aud, exp } }, idToken, refreshToken: null };
  }

  async #userInfo(
    { configuration }: Pick<Known, 'configuration'>,
    { access_token: token }: TokenEndpointResponse,
    sub: string,
  ): Promise<Partial<Claims>> {
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return {};
    return fetchUserInfo(configuration, token, sub).catch(explain);
  }

  /** One discovery at a time; while a later one fails, what an earlier one found goes on. */
  async #discovered(): Promise<Known> {
    if (this.#known !== null && Date.now() < this.#known.until) return this.#known;
    this.#discovering ??= this.#discover().finally(() => {
      this.#discovering = null;
    });
    try {
      return await this.#discovering;
    } catch (error) {
      if (this.#known !== null) return this.#known;
      throw error;
    }
  }

  async #discover(): Promise<Known> {
    const { issuer, clientId, clientSecret } = this.#settings;
    const configuration = await discovery(issuer, clientId, clientSecret ?? undefined, undefined, {
      [customFetch]: this.#fetch,
      ...(isLoopback(issuer) && { execute: [allowInsecureRequests] }),
    }).catch((error: unknown) => {
      throw undiscovered(issuer, error);
    });
    const {
      issuer: name,
      jwks_uri: jwks,
      authorization_endpoint: start,
      token_endpoint: token,
    } = configuration.serverMetadata();
    if (jwks === undefined || start === undefined || token === undefined)
      throw undiscovered(issuer, new Error('it does not say where its endpoints are'));
    const keys = this.#known?.jwks === jwks ? this.#known.keys : this.#keysAt(jwks);
    const until = Date.now() + (this.#options.discoveredFor ?? HOUR_MS);
    this.#known = { configuration, issuer: name, jwks, keys, until };
    return this.#known;
  }

  #keysAt(jwks: string): IssuerKeys {
    const load = async () => (await this.#fetch(jwks, {})).json();
    return new IssuerKeys({ load, clock: this.#options.clock });
  }
}

/** Providers that know it want to be asked for what outlasts the browser's session; others refuse unknown scopes. */
export function scopeOf(configuration: Configuration, scopes: readonly string[]): string {
  const offline = configuration.serverMetadata().scopes_supported?.includes('offline_access') === true;
  return [...new Set([...scopes, ...(offline ? ['offline_access'] : [])])].join(' ');
}

function undiscovered(issuer: URL, error: unknown): ChaperoneError {
  if (error instanceof ChaperoneError) return error;
  const why = error instanceof Error ? error.message : String(error);
  const message = `the identity provider ${issuer.href} does not describe itself: ${why}`;
  return new ChaperoneError('ISSUER_GONE', message, { cause: error });
}

/** A provider that says no is told from one that cannot be asked, and from an answer that is not as it has to be. */
function explain(error: unknown): never {
  if (error instanceof ChaperoneError) throw error;
  const inner = (error as { cause?: unknown }).cause;
  if (inner instanceof ChaperoneError) throw inner;
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    const code = wordOf(error.error);
    throw new CredentialsRefused(`provider:${code}`, `the identity provider says ${code}`, { cause: error });
  }
  const code = wordOf((error as { code?: unknown }).code);
  throw new CredentialsRefused(`answer:${code}`, `the identity provider's answer is not valid (${code})`, {
    cause: error,
  });
}

/** https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1: what others wrote is told only where it is a word. */
function wordOf(text: unknown): string {
  return typeof text === 'string' && /^[\w-]{1,64}$/.test(text) ? text : 'error';
}
