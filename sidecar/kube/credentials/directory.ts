/**
 * What the proxy keeps over a restart, and what it hands out, in a directory of its own (0700, files 0600):
 *
 *     authority.crt, authority.key   the authority that signs the server's certificate
 *     token                          the bearer token of this machine or pod
 *     kubeconfig                     leads to the proxy; `chaperone kubeconfig` prints its path
 *     serviceaccount/                token, ca.crt, namespace: stands in for a pod's own ServiceAccount
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { replaceFile } from '../../../recorder/store/atomic-file.ts';
import { makePrivateDirectory } from '../../../recorder/store/directory.ts';
import { readRegularFile } from '../../../recorder/store/regular-file.ts';
import { createAuthority, issueServerCertificate, isUsable, type KeyPair } from './certificates.ts';
import { kubeconfigText } from './kubeconfig.ts';

export const KUBECONFIG = 'kubeconfig';
const SERVICE_ACCOUNT = 'serviceaccount';
const TOKEN = /^[\w-]{43}$/;

/** A fresh bearer token: 256 random bits. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

export class CredentialDirectory {
  readonly path: string;
  /** The bearer token of this machine or pod. */
  readonly token: string;
  readonly #authority: KeyPair;

  private constructor(path: string, token: string, authority: KeyPair) {
    this.path = path;
    this.token = token;
    this.#authority = authority;
  }

  /**
   * Reads what an earlier start left, and makes anew what is missing, damaged, near its end, or was readable to others.
   * @throws ChaperoneError `STORE_FULL`, `STORE_FAILED`
   */
  static async open(path: string, now: Date): Promise<CredentialDirectory> {
    await makePrivateDirectory(join(path, SERVICE_ACCOUNT));
    const [known, authority] = await Promise.all([readSecret(join(path, 'token')), readAuthority(path, now)]);
    const token = known !== null && TOKEN.test(known) ? known : newToken();
    if (token !== known) await replaceFile(join(path, 'token'), `${token}\n`);
    return new CredentialDirectory(path, token, authority ?? (await makeAuthority(path, now)));
  }

  /** What a client needs to trust us: PEM. */
  get authority(): string {
    return this.#authority.certificate;
  }

  /** A certificate for one start of the server; its key is kept nowhere. */
  serverCertificate(now: Date, names: readonly string[] = []): Promise<KeyPair> {
    return issueServerCertificate(this.#authority, now, names);
  }

  /** Writes what leads to the proxy. @throws ChaperoneError `STORE_FULL`, `STORE_FAILED` */
  async publish({ server, namespace }: { server: string; namespace: string }): Promise<void> {
    const { authority, token, path } = this;
    const inside = (name: string) => join(path, SERVICE_ACCOUNT, name);
    await Promise.all([
      replaceFile(join(path, KUBECONFIG), kubeconfigText({ server, authority, token, namespace })),
      replaceFile(inside('token'), token),
      replaceFile(inside('ca.crt'), authority),
      replaceFile(inside('namespace'), namespace),
    ]);
  }
}

async function readAuthority(path: string, now: Date): Promise<KeyPair | null> {
  const key = await readSecret(join(path, 'authority.key'));
  const certificate = await readRegularFile(join(path, 'authority.crt'));
  if (key === null || certificate === null) return null;
  const pair = { certificate: certificate.bytes.toString('utf8'), key: `${key}\n` };
  return (await isUsable(pair, now)) ? pair : null;
}

async function makeAuthority(path: string, now: Date): Promise<KeyPair> {
  const pair = await createAuthority(now);
  await replaceFile(join(path, 'authority.key'), pair.key);
  await replaceFile(join(path, 'authority.crt'), pair.certificate);
  return pair;
}

/** The text of a file that only its owner can read; null where there is none, or others could have read it. */
async function readSecret(path: string): Promise<string | null> {
  const file = await readRegularFile(path);
  return file === null || (file.mode & 0o077) !== 0 ? null : file.bytes.toString('utf8').trim();
}
