/** Finds the recorder that runs on this machine, and lets this process in. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { get } from 'node:http';
import { ChaperoneError } from '../errors.ts';
import { proof, readToken } from '../server/presence.ts';
import { lastOwner } from '../store/owner.ts';
import type { Recorder } from './http.ts';

/** `CHAPERONE_URL` and `CHAPERONE_TOKEN` come before what the data directory says. */
type Environment = Record<string, string | undefined>;

const ANSWER_MS = 2_000;
const MAX_PROOF = 1024;

/**
 * Null where no recorder runs on the directory: then the store may be opened itself.
 * @throws ChaperoneError `USAGE` for a CHAPERONE_URL that is none or has no token; `RECORDER_GONE` where the
 *   environment names a recorder that does not answer
 */
export async function findRecorder(data: string, env: Environment): Promise<Recorder | null> {
  const named = env.CHAPERONE_URL ?? '';
  if (named === '') return findOwner(data, env);
  const token = env.CHAPERONE_TOKEN ?? (await readToken(data));
  const url = originOf(named);
  if (url === null)
    throw new ChaperoneError('USAGE', 'CHAPERONE_URL is not of the form http://127.0.0.1:7070');
  if (token === null) {
    throw new ChaperoneError(
      'USAGE',
      'CHAPERONE_URL is set and there is no token: set CHAPERONE_TOKEN too, or run chaperone login',
    );
  }
  if (await provesItself({ url, token })) return { url, token };
  throw new ChaperoneError('RECORDER_GONE', `no recorder that knows our token answers at ${url}`);
}

/** The recorder that the directory's owner file names, if it is still there. */
async function findOwner(data: string, env: Environment): Promise<Recorder | null> {
  const url = originOf((await lastOwner(data))?.url);
  const token = env.CHAPERONE_TOKEN ?? (await readToken(data));
  if (url === null || token === null) return null;
  return (await provesItself({ url, token })) ? { url, token } : null;
}

/**
 * Whether who listens there holds the token, asked without sending it. Under TLS the certificate has proven who that is;
 * a provider's token the recorder does not hold.
 */
async function provesItself({ url, token }: Recorder): Promise<boolean> {
  if (url.startsWith('https:') || token.includes('.')) return true;
  const nonce = randomBytes(32).toString('base64url');
  const expected = Buffer.from(proof(token, portOf(url), nonce));
  const given = Buffer.from(await ask(new URL(`/api/proof?nonce=${nonce}`, url)));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** The answer's text, empty where there is none. */
function ask(url: URL): Promise<string> {
  return new Promise((resolve) => {
    const request = get(url, { signal: AbortSignal.timeout(ANSWER_MS), agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_PROOF) response.destroy();
      });
      response.on('close', () => resolve(response.statusCode === 200 ? text.trim() : ''));
    });
    request.on('error', () => resolve(''));
  });
}

/** The origin that an address of a recorder comes to; null for what is none. */
export function originOf(text: unknown): string | null {
  if (typeof text !== 'string' || !URL.canParse(text)) return null;
  const { protocol, pathname, search, origin } = new URL(text);
  return /^https?:$/.test(protocol) && pathname === '/' && search === '' ? origin : null;
}

function portOf(url: string): number {
  return Number(new URL(url).port || 80);
}
