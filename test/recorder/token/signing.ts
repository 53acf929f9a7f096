/** An issuer that the test has in its hand: its keys, and tokens signed with any of them. */
import { KeyObject, sign as signBytes } from 'node:crypto';
import { exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Micros } from '../../../recorder/audit/units.ts';
import { IssuerKeys } from '../../../recorder/token/keys.ts';

export const ISSUER = 'https://issuer.test';
/** 2027-01-15T08:00:00Z, in seconds. */
export const NOW = 1_800_000_000;

export interface Pair {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  jwk: JWK;
  /** The public key, as PEM. */
  pem: string;
}

export async function newPair(alg = 'RS256', kid = `${alg}-${Math.random()}`): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, publicKey, jwk, pem: await exportSPKI(publicKey) };
}

export class Clock {
  seconds = NOW;

  now(): Micros {
    return this.seconds * 1e6;
  }
}

/** What it publishes may change; how often it was asked is counted. */
export class Published {
  readonly clock = new Clock();
  asked = 0;
  load: () => Promise<unknown>;
  readonly keys = new IssuerKeys({
    clock: this.clock,
    load: () => {
      this.asked++;
      return this.load();
    },
  });

  constructor(...pairs: Pair[]) {
    this.load = async () => ({ keys: pairs.map(({ jwk }) => jwk) });
  }
}

export const CLAIMS = { iss: ISSUER, sub: 'person', aud: 'chaperone', exp: NOW + 300, iat: NOW };

export function sign(pair: Pair, claims: JWTPayload = {}, header: object = {}): Promise<string> {
  const payload = Object.entries({ ...CLAIMS, ...claims }).filter(([, value]) => value !== undefined);
  return new SignJWT(Object.fromEntries(payload))
    .setProtectedHeader({ alg: pair.alg, kid: pair.kid, ...header })
    .sign(pair.privateKey);
}

/** A token whose parts are put together by hand. */
export function forge(header: object, claims: object, signature: string | Uint8Array = ''): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const last = typeof signature === 'string' ? signature : Buffer.from(signature).toString('base64url');
  return `${part(header)}.${part(claims)}.${last}`;
}

/** With a header that no library would write; RS256 only. */
export function signed({ privateKey }: Pair, header: object, claims: object = CLAIMS): string {
  const unsigned = forge(header, claims).slice(0, -1);
  const signature = signBytes('sha256', Buffer.from(unsigned), KeyObject.from(privateKey));
  return `${unsigned}.${signature.toString('base64url')}`;
}
