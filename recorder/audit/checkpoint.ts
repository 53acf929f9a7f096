/**
 * Signed tree heads, in the form that transparency logs share, so that tools which are not ours can check them.
 *
 *     chaperone.dev/log/1f0c…            origin: which log this is
 *     20852163                           leaves
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2f…=   root hash, RFC 6962
 *
 *     — chaperone.dev/log/1f0c… Az3gr…   em dash, key name, base64(4 bytes of key id ‖ 64 bytes of Ed25519)
 *
 * https://c2sp.org/tlog-checkpoint and https://c2sp.org/signed-note
 */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { ChaperoneError } from '../errors.ts';
import { HASH_BYTES, type Hash } from './merkle.ts';

export interface Checkpoint {
  origin: string;
  size: number;
  root: Hash;
}

/** What is needed to check a note's signature; `text` is its C2SP form, `name+id+base64(0x01 ‖ key)`. */
export interface VerifierKey {
  name: string;
  id: Uint8Array;
  key: KeyObject;
  text: string;
}

/** What signs a note: a key name, its id, and the Ed25519 signature over the bytes given. */
export interface Signer {
  verifier: VerifierKey;
  sign(message: Uint8Array): Uint8Array;
}

const ED25519 = 1;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** The specification demands at least 16 signatures; a note larger than this is not one of ours. */
const NOTE_LIMIT = 64 * 1024;
const NAME = /^[^\p{White_Space}+]+$/u;
const SIGNATURE_LINE = /^— ([^\p{White_Space}+]+) ([A-Za-z0-9+/]+={0,2})$/u;

/** @param raw the 32 bytes of an Ed25519 public key */
export function verifierKey(name: string, raw: Uint8Array): VerifierKey {
  if (!NAME.test(name)) throw notVerified(`"${name}" cannot name a key`);
  if (raw.length !== KEY_BYTES) throw notVerified('an Ed25519 public key has 32 bytes');
  const typed = Buffer.concat([Uint8Array.of(ED25519), raw]);
  const id = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'buffer').subarray(0, 4);
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw).toString('base64url') };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return { name, id, key, text: `${name}+${id.toString('hex')}+${typed.toString('base64')}` };
}

/** @throws ChaperoneError `NOT_VERIFIED` */
export function parseVerifierKey(text: string): VerifierKey {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  const typed = Buffer.from(parts?.[3] ?? '', 'base64');
  if (parts === null || typed[0] !== ED25519) throw notVerified('this is not an Ed25519 verifier key');
  const key = verifierKey(parts[1]!, typed.subarray(1));
  if (key.text !== text.trim()) throw notVerified('the verifier key does not match its own id');
  return key;
}

export function signCheckpoint(head: { size: number; root: Hash }, signer: Signer): string {
  const { name } = signer.verifier;
  const text = `${name}\n${head.size}\n${Buffer.from(head.root).toString('base64')}\n`;
  return signNote(text, signer);
}

export function signNote(text: string, signer: Signer): string {
  const signature = Buffer.concat([signer.verifier.id, signer.sign(Buffer.from(text))]);
  return `${text}\n— ${signer.verifier.name} ${signature.toString('base64')}\n`;
}

/**
 * The checkpoint in a note, if this key signed it.
 * @throws ChaperoneError `NOT_VERIFIED`
 */
export function openCheckpoint(note: string, key: VerifierKey): Checkpoint {
  const checkpoint = parseCheckpoint(openNote(note, key));
  if (checkpoint.origin !== key.name) {
    throw notVerified(`the checkpoint is of ${checkpoint.origin}, the key of ${key.name}`);
  }
  return checkpoint;
}

/**
 * The text of a note, if this key signed it. Signatures by unknown keys are ignored, as the specification asks.
 * @throws ChaperoneError `NOT_VERIFIED`
 */
export function openNote(note: string, key: VerifierKey): string {
  const end = note.lastIndexOf('\n\n');
  if (note.length > NOTE_LIMIT || end < 0 || !note.endsWith('\n') || /[\x00-\x09\x0b-\x1f]/.test(note)) {
    throw notVerified('this is not a signed note');
  }
  const text = note.slice(0, end + 1);
  let signed = false;
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const parts = SIGNATURE_LINE.exec(line);
    const bytes = Buffer.from(parts?.[2] ?? '', 'base64');
    if (parts === null || bytes.length < 5 || bytes.toString('base64') !== parts[2]) {
      throw notVerified('a signature line of the note is malformed');
    }
    if (parts[1] !== key.name || !bytes.subarray(0, 4).equals(key.id)) continue;
    const signature = bytes.subarray(4);
    if (signature.length !== SIGNATURE_BYTES || !verify(null, Buffer.from(text), key.key, signature)) {
      throw notVerified(`the signature by ${key.name} does not match the note`);
    }
    signed = true;
  }
  if (!signed) throw notVerified(`the note carries no signature by ${key.name}`);
  return text;
}

/** The text of a note, signatures or not. */
export function noteText(note: string): string {
  return note.slice(0, note.lastIndexOf('\n\n') + 1);
}

/** The three lines of a checkpoint; extension lines are tolerated and ignored. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root, ...rest] = text.split('\n');
  const bytes = Buffer.from(root ?? '', 'base64');
  const wellFormed =
    origin !== undefined &&
    origin !== '' &&
    /^(0|[1-9][0-9]{0,15})$/.test(size ?? '') &&
    Number.isSafeInteger(Number(size)) &&
    bytes.length === HASH_BYTES &&
    bytes.toString('base64') === root &&
    rest.at(-1) === '' &&
    rest.slice(0, -1).every((line) => line !== '');
  if (!wellFormed) throw notVerified('this is not a checkpoint: it has no origin, size and root hash');
  return { origin, size: Number(size), root: bytes };
}

function notVerified(message: string): ChaperoneError {
  return new ChaperoneError('NOT_VERIFIED', message);
}
