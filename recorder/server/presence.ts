/**
 * How other processes of this machine find a running recorder: `DATA/owner` says where it listens, `DATA/token`
 * (0600) lets them in. `proof` shows that who listens there is who may read that token, so that a stranger on a
 * port that a dead recorder left behind is never sent it.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { replaceFile } from '../store/atomic-file.ts';
import { readRegularFile } from '../store/regular-file.ts';

const TOKEN = /^[\w-]{43}$/;

/** The token of this data directory: made at first start, and anew where others could have read it. */
export async function ensureToken(data: string): Promise<string> {
  const known = await readToken(data);
  if (known !== null) return known;
  const token = randomBytes(32).toString('base64url');
  await replaceFile(join(data, 'token'), `${token}\n`);
  return token;
}

/** The token, or null where there is none that only its owner can read. @throws ChaperoneError `STORE_FAILED` */
export async function readToken(data: string): Promise<string | null> {
  const file = await readRegularFile(join(data, 'token'));
  if (file === null || (file.mode & 0o077) !== 0) return null;
  const token = file.bytes.toString('utf8').trim();
  return TOKEN.test(token) ? token : null;
}

/** HMAC-SHA-256 under the token, bound to the port: a stranger cannot pass the question on to another port. */
export function proof(token: string, port: number, nonce: string): string {
  return createHmac('sha256', token).update(`chaperone recorder ${port} ${nonce}`).digest('base64url');
}
