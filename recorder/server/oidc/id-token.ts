/**
 * Checks ID tokens offline, by the keys that the provider publishes.
 * https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 */
import type { Micros } from '../../audit/units.ts';
import { ChaperoneError } from '../../errors.ts';
import type { IssuerKeys } from '../../token/keys.ts';
import { type Claims, TokenVerifier } from '../../token/verifier.ts';
import { CredentialsRefused } from '../credentials.ts';

/** Seconds that clocks may differ. */
const SKEW = 60;

export interface IdTokenCheck {
  issuer: string;
  /** Whom it has to be for, and nobody else as far as it says (`azp`). */
  clientId: string;
  keys: Pick<IssuerKeys, 'find'>;
  clock: { now(): Micros };
  /** Seconds since it was issued, at most. */
  maxAge: number;
}

export type IdTokenClaims = Claims & { iat: number };

/** @throws CredentialsRefused saying what is wrong with it; ChaperoneError `ISSUER_GONE` where the keys cannot be had */
export async function checkIdToken(token: string, check: IdTokenCheck): Promise<IdTokenClaims> {
  const { issuer, clientId, keys, clock, maxAge } = check;
  try {
    const verifier = new TokenVerifier({ issuer, audiences: [clientId], keys, clock });
    const claims = await verifier.verify(token);
    requireIdToken(token);
    requireParty(claims, clientId);
    const { iat } = claims;
    if (iat === undefined) throw refused('the token does not say when it was issued');
    if (clock.now() / 1e6 - iat > maxAge + SKEW) throw refused('the token is too old');
    return { ...claims, iat };
  } catch (error) {
    if (error instanceof ChaperoneError && error.code === 'UNAUTHENTICATED')
      throw refused(error.message, error);
    throw error;
  }
}

/** An access token is signed by the same keys, may be for the same audience, and says so. */
function requireIdToken(token: string): void {
  const { typ } = JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString('utf8'));
  if (typ !== undefined && String(typ).toUpperCase() !== 'JWT') throw refused('the token is no ID token');
}

function requireParty({ aud, azp }: Claims, clientId: string): void {
  const several = Array.isArray(aud) && aud.length > 1;
  if (azp === undefined ? several : azp !== clientId) throw refused('the token was given to another client');
}

function refused(why: string, cause?: unknown): CredentialsRefused {
  return cause instanceof CredentialsRefused
    ? cause
    : new CredentialsRefused(why, `${why}: log in again`, { cause });
}
