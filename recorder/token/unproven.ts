/** What a token says of itself, before anybody has looked whether it is true. Pure, and without what proves it. */
import { objectIn } from '../json.ts';

/** Characters of a token: one with a thousand groups is 64 KiB, and does not fit into a header. */
export const MAX_TOKEN = 16 * 1024;
/** header.payload.signature, https://www.rfc-editor.org/rfc/rfc7519#section-3 */
export const TOKEN_SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Good for choosing who is to verify it, and for refusing it. Null where it is none. */
export function unproven(token: string): Record<string, unknown> | null {
  if (token.length > MAX_TOKEN || !TOKEN_SHAPE.test(token)) return null;
  return objectIn(Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8'));
}

/** Who it says it is from; see `unproven`. */
export function claimedIssuer(token: string): string | null {
  const issuer = unproven(token)?.iss;
  return typeof issuer === 'string' ? issuer : null;
}
