/**
 * A token of the agent that runs in this pod, asked for at the socket that Cursor's worker opens (`--identity-socket`):
 *
 *     POST /v1/tokens/oidc {"aud": "…"}  ──▶  a JSON Web Token, for five minutes
 *
 * The socket lies in the agent's container: whatever is behind it may be anything, and is only ever given a little time
 * and a little room. What it answers counts as far as its signature does.
 */
import { request } from 'node:http';
import { ChaperoneError } from '../../recorder/errors.ts';
import { MAX_TOKEN, TOKEN_SHAPE } from '../../recorder/token/unproven.ts';

/** Milliseconds for all of it. */
const PATIENCE_MS = 5_000;
const MAX_BYTES = 2 * MAX_TOKEN;
/** The members under which a token was seen to be answered, or is likely to be. */
const MEMBERS = ['token', 'id_token', 'access_token', 'jwt'];

/** Nothing of it is verified yet. @throws ChaperoneError `ISSUER_GONE` where there is none to be had */
export async function runToken(
  socketPath: string,
  audience: string,
  patience = PATIENCE_MS,
): Promise<string> {
  const text = await answered(socketPath, JSON.stringify({ aud: audience }), patience).catch(
    (error: unknown) => {
      throw gone((error as Error).message, error);
    },
  );
  const token = tokenIn(text);
  if (token === null) throw gone('it answers with no token');
  return token;
}

function answered(socketPath: string, body: string, patience: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const signal = AbortSignal.timeout(patience);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    host: 'localhost',
  };
  const asking = request(
    { socketPath, path: '/v1/tokens/oidc', method: 'POST', headers, signal, agent: false },
    (response) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
        if (bytes > MAX_BYTES) asking.destroy(new Error('it answers with more than a token'));
        else pieces.push(piece);
      });
      response.once('error', reject);
      response.once('close', () => reject(new Error('it broke off')));
      response.once('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(pieces).toString('utf8'));
        else reject(new Error(`it answered ${response.statusCode}`));
      });
    },
  );
  asking.once('error', reject);
  asking.end(body);
  return promise;
}

/** By itself, or as a member of JSON. */
function tokenIn(text: string): string | null {
  const plain = text.trim();
  if (TOKEN_SHAPE.test(plain)) return plain.length > MAX_TOKEN ? null : plain;
  try {
    const value: unknown = JSON.parse(plain);
    const members =
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : { token: value };
    const found = MEMBERS.map((name) => members[name]).find((one) => typeof one === 'string');
    return typeof found === 'string' && found.length <= MAX_TOKEN && TOKEN_SHAPE.test(found) ? found : null;
  } catch {
    return null;
  }
}

function gone(why: string, cause?: unknown): ChaperoneError {
  return new ChaperoneError('ISSUER_GONE', `the agent's socket gives no token: ${why}`, { cause });
}
