/**
 * Whether a JSON Web Token is what it says: signed by the issuer, for us, now. The one place for all who sign in with
 * one: people with a provider's token, workloads with their ServiceAccount's.
 * https://www.rfc-editor.org/rfc/rfc7519, https://www.rfc-editor.org/rfc/rfc8725 (best current practices)
 *
 *     header.payload.signature      of the header only `alg` and `kid` count, and `typ` has to be one of ours
 */
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { Micros } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import type { IssuerKeys } from './keys.ts';
import { MAX_TOKEN, TOKEN_SHAPE } from './unproven.ts';

/** Signatures that somebody with the public key cannot make. */
export const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
] as const;

/** Seconds by which clocks may differ. */
const SKEW = 60;
/** Beside those that do not say: others are made by the same issuer for other ends (a logout, an event, a proof). */
const TYPES = new Set(['jwt', 'at+jwt', 'application/at+jwt']);

export interface VerifierOptions {
  /** Compared exactly. */
  issuer: string;
  /** The token has to be for one of these. */
  audiences: readonly string[];
  /** The client that it was given to, `azp` or `client_id`, has to be one of these; any where it is left out. */
  clients?: readonly string[];
  keys: Pick<IssuerKeys, 'find'>;
  clock: { now(): Micros };
}

/** A token's payload once it is proven. `iss`, `sub`, `aud` and `exp` are there. */
export interface Claims extends JWTPayload {
  iss: string;
  sub: string;
  aud: string | string[];
  exp: number;
}

export class TokenVerifier {
  readonly #options: VerifierOptions;

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  get issuer(): string {
    return this.#options.issuer;
  }

  /**
   * The claims of a token that holds.
   * @throws ChaperoneError `UNAUTHENTICATED` where it does not, and why; `ISSUER_GONE` where that cannot be told
   */
  async verify(token: string): Promise<Claims> {
    requireShape(token);
    const { issuer, audiences, keys, clock } = this.#options;
    const now = clock.now();
    try {
      const { payload, protectedHeader } = await jwtVerify(token, (header) => keys.find(header), {
        algorithms: [...ALGORITHMS],
        issuer,
        audience: [...audiences],
        clockTolerance: SKEW,
        currentDate: new Date(now / 1000),
        requiredClaims: ['exp', 'sub'],
      });
      const claims = payload as Claims;
      this.#check(claims, protectedHeader.typ, now);
      return claims;
    } catch (error) {
      throw refusalOf(error);
    }
  }

  #check(claims: Claims, type: unknown, now: Micros): void {
    const refuse = (why: string): never => {
      throw new ChaperoneError('UNAUTHENTICATED', why);
    };
    if (type !== undefined && !TYPES.has(String(type).toLowerCase()))
      refuse('the token is of a kind that opens nothing');
    if (typeof claims.sub !== 'string' || claims.sub === '') refuse('the token names nobody');
    if (claims.iat !== undefined && claims.iat > now / 1e6 + SKEW) refuse('the token is from the future');
    // https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken
    if (claims.events !== undefined) refuse('the token tells of an event, and opens nothing');
    // https://www.rfc-editor.org/rfc/rfc7800: whoever shows it has to prove more than that they have it.
    if (claims.cnf !== undefined) refuse('the token is bound to a key, and cannot be taken without a proof');
    const { clients } = this.#options;
    const client = claims.azp ?? claims.client_id;
    if (clients !== undefined && !clients.includes(client as string))
      refuse('the token was given to another client');
  }
}

/** Before anything of it is decoded. @throws ChaperoneError `UNAUTHENTICATED` */
function requireShape(token: string): void {
  if (token.length > MAX_TOKEN)
    throw new ChaperoneError('UNAUTHENTICATED', `the token is longer than ${MAX_TOKEN} characters`);
  if (!TOKEN_SHAPE.test(token)) throw new ChaperoneError('UNAUTHENTICATED', 'this is no JSON Web Token');
}

const CLAIMS: Record<string, string> = {
  iss: 'is from another issuer',
  aud: 'is for somebody else (aud)',
  exp: 'says not until when it holds',
  nbf: 'does not hold yet',
  sub: 'names nobody',
};

/** Why a token is refused, without a word of what it says. */
function refusalOf(error: unknown): unknown {
  if (error instanceof ChaperoneError) return error;
  const refusal = (why: string) =>
    new ChaperoneError('UNAUTHENTICATED', `the token ${why}`, { cause: error });
  if (error instanceof errors.JWTExpired) return refusal('has expired');
  if (error instanceof errors.JWTClaimValidationFailed)
    return refusal(CLAIMS[error.claim] ?? 'has a claim that cannot be believed');
  if (error instanceof errors.JOSEAlgNotAllowed) return refusal('is signed in a way that proves nothing');
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return refusal('names no key of its issuer');
  if (error instanceof errors.JWSSignatureVerificationFailed) return refusal('has a signature that is wrong');
  if (error instanceof errors.JOSEError || error instanceof TypeError) return refusal('cannot be verified');
  return error;
}
