/** The key that signs the log's checkpoints: DATA/key (PKCS #8, mode 0600), its public half in DATA/key.pub. */
import { createPrivateKey, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { join } from 'node:path';
import { type Signer, verifierKey } from '../audit/checkpoint.ts';
import { ChaperoneError } from '../errors.ts';
import { replaceFile } from './atomic-file.ts';
import { readText } from './regular-file.ts';

/** The key in DATA, or null where there is none. @throws ChaperoneError `STORE_CORRUPT`, `STORE_FAILED` */
export async function loadSigner(data: string): Promise<Signer | null> {
  const path = join(data, 'key');
  const pem = await readText(path);
  return pem === null ? null : signerOf(parse(pem, path));
}

/** A new key; `save` keeps it. */
export function newKey(): { signer: Signer; save: (data: string) => Promise<void> } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const signer = signerOf(privateKey);
  return {
    signer,
    save: async (data) => {
      await replaceFile(join(data, 'key.pub'), `${signer.verifier.text}\n`, 0o644);
      await replaceFile(join(data, 'key'), toPem(privateKey));
    },
  };
}

/** The name is derived from the key, so that the log's origin is its own and nothing else must be kept. */
export function signerOf(key: KeyObject): Signer {
  const raw = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
  const origin = `chaperone.dev/log/${hash('sha256', raw, 'hex').slice(0, 16)}`;
  return { verifier: verifierKey(origin, raw), sign: (message) => sign(null, message, key) };
}

function parse(pem: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519' && toPem(key) === pem) return key;
  } catch {
    // falls through to the one message
  }
  throw new ChaperoneError(
    'STORE_CORRUPT',
    `${path} is not an Ed25519 private key (PKCS #8): put the key back`,
  );
}

function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}
