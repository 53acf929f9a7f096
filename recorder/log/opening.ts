/** Taking hold of DATA: the lock, the damage that LevelDB would pass over, the key, and the checkpoint to extend. */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint, type Signer, signCheckpoint } from '../audit/checkpoint.ts';
import type { Draft } from '../audit/event.ts';
import { EMPTY_ROOT, equal, type Frontier } from '../audit/merkle.ts';
import { ChaperoneError } from '../errors.ts';
import { removeStaleDrafts, replaceFile } from '../store/atomic-file.ts';
import { makePrivateDirectory } from '../store/directory.ts';
import { storeFault } from '../store/fault.ts';
import { FORMAT, KEYS } from '../store/keys.ts';
import { LevelStore } from '../store/leveldb.ts';
import { describe, lastOwner, liveOwner, type Owner } from '../store/owner.ts';
import { readText } from '../store/regular-file.ts';
import { loadSigner, newKey } from '../store/signing-key.ts';
import type { Store } from '../store/store.ts';
import { removeStaleCopies } from './copy-store.ts';
import { damageIn, mend } from './power-cut.ts';
import { frontierAt, storedSize } from './stored-tree.ts';

/** What is beside the store; written by who holds it. */
const OUR_FILES = ['checkpoint', 'key', 'key.pub', 'owner', 'token'];

/** The store in DATA, now locked by this process, and the event of a gap where a power cut has left one. */
export async function seize(data: string): Promise<{ store: Store; gap: Draft | null }> {
  await makeDirectory(data);
  await refuseIfOwned(data);
  await removeStaleCopies(data);
  const gap = await mendIfDamaged(data);
  const store = await openStore(data);
  await removeStaleDrafts(data, OUR_FILES);
  return { store, gap };
}

/** LevelDB's files take the mode that the umask leaves; so their directory is closed, whatever DATA itself allows. */
async function makeDirectory(data: string): Promise<void> {
  const log = join(data, 'log');
  try {
    await makePrivateDirectory(log);
    await chmod(log, 0o700);
  } catch (error) {
    throw storeFault(error, data);
  }
}

async function refuseIfOwned(data: string): Promise<void> {
  const owner = await liveOwner(data);
  if (owner !== null) throw locked(data, owner);
}

/** Refuses a damaged store, or mends what a power cut has left of one; null where nothing was wrong. */
async function mendIfDamaged(data: string): Promise<Draft | null> {
  const damage = await damageIn(data);
  if (damage === null) return null;
  await refuseIfOwned(data);
  return await mend(data, damage, await signedCheckpoint(data).catch(() => null), extend);
}

async function signedCheckpoint(data: string): Promise<Checkpoint | null> {
  const signer = await loadSigner(data);
  return signer && openCheckpoint((await readText(join(data, 'checkpoint'))) ?? '', signer.verifier);
}

function locked(data: string, owner: Owner | null): ChaperoneError {
  const who = owner === null ? 'another process' : describe(owner);
  return new ChaperoneError('STORE_LOCKED', `${data} is in use by ${who}: stop it, or give another --data`);
}

async function openStore(data: string): Promise<Store> {
  try {
    return await LevelStore.open(join(data, 'log'));
  } catch (error) {
    if ((error as ChaperoneError).code === 'STORE_LOCKED') throw locked(data, await lastOwner(data));
    throw error;
  }
}

export interface Identified {
  signer: Signer;
  note: string;
  checkpoint: Checkpoint;
}

/** The key, the checkpoint and the format of this log; made where the directory is new. */
export async function identify(data: string, store: Store, path: string): Promise<Identified> {
  const signer = await loadSigner(data);
  const note = await readText(path);
  if (signer === null) {
    const begun = (await storedSize(store)) > 0 || (note !== null && note.split('\n')[1] !== '0');
    if (!begun) return await found(data, store, path);
    throw corrupt(`${join(data, 'key')} is missing, but the log is not new: put it back from a backup`);
  }
  if (note === null) throw corrupt(`${path} is missing: put it back from a backup`);
  const format = await store.get(KEYS.format);
  if (format === undefined || !FORMAT.equals(format)) {
    throw corrupt(
      `${data} has no log that this version can read: put back a backup, or use a newer chaperone`,
    );
  }
  try {
    return { signer, note, checkpoint: openCheckpoint(note, signer.verifier) };
  } catch (error) {
    throw corrupt(`${path} is not this log's checkpoint (${(error as Error).message})`);
  }
}

/**
 * A new log: its first checkpoint covers nothing, and is on disk before the first event. The key is saved last,
 * so that a directory with a key has had all the rest, and what is missing then was taken away.
 */
async function found(data: string, store: Store, path: string): Promise<Identified> {
  const { signer, save } = newKey();
  const note = signCheckpoint({ size: 0, root: EMPTY_ROOT }, signer);
  await store.write([{ key: KEYS.format, value: FORMAT }]);
  await store.sync();
  await replaceFile(path, note);
  await save(data);
  return { signer, note, checkpoint: openCheckpoint(note, signer.verifier) };
}

function corrupt(message: string): ChaperoneError {
  return new ChaperoneError('STORE_CORRUPT', message);
}

/** The tree of what is stored, which must extend what was signed. */
export async function extend(store: Store, { size: signed, root }: Checkpoint): Promise<Frontier> {
  const size = await storedSize(store);
  if (size < signed) {
    const message = `the log has ${size} events, but ${signed} were signed: its end is missing; put back a backup`;
    throw new ChaperoneError('STORE_CORRUPT', message);
  }
  if (!equal((await frontierAt(store, signed)).root(), root)) {
    throw new ChaperoneError(
      'STORE_CORRUPT',
      'the log is not the one that was signed: run verify to see what differs',
    );
  }
  return await frontierAt(store, size);
}
