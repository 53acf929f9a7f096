/**
 * The logins that `chaperone login` keeps, in a file that only its owner can read: one for each recorder. Several
 * processes may want to renew one at the same time, and a refresh token is good once: a lock file makes them wait.
 */
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ChaperoneError } from '../errors.ts';
import { replaceFile } from '../store/atomic-file.ts';
import { readRegularFile } from '../store/regular-file.ts';

const login = z.strictObject({
  issuer: z.url(),
  clientId: z.string(),
  idToken: z.string(),
  refreshToken: z.string().nullable(),
});
const file = z.strictObject({
  v: z.literal(1),
  /** The recorder that was logged in to last. */
  current: z.string().nullable(),
  /** By the recorder's origin. */
  logins: z.record(z.string(), login),
});

export type KeptLogin = z.infer<typeof login>;
export type KeptLogins = z.infer<typeof file>;

type Environment = Record<string, string | undefined>;

const LIMIT = 1024 * 1024;
/** Longer than renewing may take. */
const STALE_MS = 60_000;
const RETRY_MS = 50;

/** https://specifications.freedesktop.org/basedir-spec/latest/: a relative XDG path is to be ignored. */
export function keptLoginsPath(env: Environment): string {
  const { XDG_CONFIG_HOME: config, HOME: home } = env;
  if (config?.startsWith('/')) return join(config, 'chaperone', 'logins.json');
  return join(home?.startsWith('/') ? home : ownHome(), '.config', 'chaperone', 'logins.json');
}

function ownHome(): string {
  try {
    return userInfo().homedir;
  } catch (error) {
    throw new ChaperoneError('USAGE', 'there is no home directory to keep a login in: set XDG_CONFIG_HOME', {
      cause: error,
    });
  }
}

/** @throws ChaperoneError `FORBIDDEN` where others can read it, `USAGE` where it is not ours */
export async function readKeptLogins(path: string): Promise<KeptLogins> {
  const found = await readRegularFile(path, { limit: LIMIT });
  if (found === null) return { v: 1, current: null, logins: {} };
  if ((found.mode & 0o077) !== 0)
    throw new ChaperoneError('FORBIDDEN', `others can read your logins in ${path}: chmod 600 it`);
  const read = file.safeParse(parse(found.bytes.toString('utf8')));
  if (read.success) return read.data;
  throw new ChaperoneError('USAGE', `${path} holds no logins of this version: remove it, and log in again`);
}

/** Changes what is kept, while nobody else does. @returns what `change` does, besides what is to be kept */
export async function changeKeptLogins<T>(
  path: string,
  change: (kept: KeptLogins) => Promise<{ kept: KeptLogins; result: T }>,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const lock = `${path}.lock`;
  await take(lock);
  try {
    const { kept, result } = await change(await readKeptLogins(path));
    await replaceFile(path, `${JSON.stringify(kept, null, 2)}\n`, 0o600);
    return result;
  } finally {
    await rm(lock, { force: true });
  }
}

/** A process that was killed leaves its lock behind. */
async function take(lock: string): Promise<void> {
  for (;;) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const age = Date.now() - ((await stat(lock).catch(() => null))?.mtimeMs ?? Date.now());
    if (age > STALE_MS) await rm(lock, { force: true });
    else await sleep(RETRY_MS);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
