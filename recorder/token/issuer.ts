/**
 * Where an issuer publishes its keys. https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 *
 *     issuer ──/.well-known/openid-configuration──▶ {issuer, jwks_uri} ──▶ {keys: […]}
 */
import { z } from 'zod';
import { ChaperoneError } from '../errors.ts';
import type { FetchJson } from './fetch-json.ts';

const document = z.object({ issuer: z.string().max(2048), jwks_uri: z.url().max(2048) });

/** What loads the keys that an issuer says are its own, each time anew. */
export function discoveredKeys(issuer: string, fetch: FetchJson): () => Promise<unknown> {
  return async () => {
    const { jwks_uri: keys } = await discover(issuer, fetch);
    return fetch(new URL(keys));
  };
}

/** @throws ChaperoneError `ISSUER_GONE` where there is none, or it speaks for another issuer */
async function discover(issuer: string, fetch: FetchJson): Promise<z.infer<typeof document>> {
  const url = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const found = document.safeParse(await fetch(url));
  if (!found.success) throw new ChaperoneError('ISSUER_GONE', `${url.href} is no description of an issuer`);
  // Exactly: otherwise one provider could bring tokens in the name of another.
  if (found.data.issuer !== issuer) {
    throw new ChaperoneError(
      'ISSUER_GONE',
      `${url.href} describes the issuer ${JSON.stringify(found.data.issuer)}: write it exactly so`,
    );
  }
  return found.data;
}
