/** Secrets that let somebody in: made here, and known by their digests alone. */
import { createHash, randomBytes } from 'node:crypto';

/** 256 bits; of the length that PKCE asks of a verifier (https://www.rfc-editor.org/rfc/rfc7636#section-4.1). */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** To be compared in constant time. */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** To be looked up by: how near a guess comes tells nothing of the secret. */
export function keyOf(secret: string): string {
  return digestOf(secret).toString('base64url');
}
