/**
 * What a power cut may leave: the end of the newest log file, written less than 50 ms before and not yet covered by a
 * checkpoint, can come back as zeros or noise. Nothing that was durable is lost with it, so the log goes on without it,
 * and says so in an event of its own. Any other damage, and any without a restart of the machine, is left alone.
 */
import { copyFile, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../audit/checkpoint.ts';
import type { Draft } from '../audit/event.ts';
import { ChaperoneError } from '../errors.ts';
import { syncDirectory } from '../store/atomic-file.ts';
import { LevelStore } from '../store/leveldb.ts';
import { checkFiles, type FileFault } from '../store/leveldb-files.ts';
import { bootId, lastOwner } from '../store/owner.ts';
import { copyStore } from './copy-store.ts';

/** Opening must not take long: a tenth of a second for as much. Older tables are left to `verify`. */
const NEWEST_TABLES_BYTES = 64 << 20;

/**
 * What LevelDB would drop in silence when it opens, and then write over; and damaged tables, on which it can abort the
 * whole process (its assertions are compiled in). These first, for no power cut explains them.
 */
export async function damageIn(data: string): Promise<FileFault | null> {
  let first: FileFault | null = null;
  for await (const fault of checkFiles(join(data, 'log'), { newest: NEWEST_TABLES_BYTES })) {
    if (!fault.file.endsWith('.log')) return fault;
    first ??= fault;
  }
  return first;
}

/**
 * Cuts the damaged end off, if it can be of a power cut; the file as it was stays beside the store.
 * @param extend throws where a store does not hold all that the checkpoint covers
 * @returns the event that tells of it
 * @throws ChaperoneError `STORE_CORRUPT` where it cannot
 */
export async function mend(
  data: string,
  damage: FileFault,
  checkpoint: Checkpoint | null,
  extend: (store: LevelStore, checkpoint: Checkpoint) => Promise<unknown>,
): Promise<Draft> {
  const owner = await lastOwner(data);
  const restarted = owner !== null && owner.boot !== bootId();
  if (!restarted || checkpoint === null || !damage.file.endsWith('.log')) throw refusal(data, damage);
  const trial = join(data, `.mend-${process.pid}`);
  try {
    await copyStore(join(data, 'log'), trial);
    await truncate(join(trial, damage.file), damage.from);
    const store = await LevelStore.open(trial);
    await extend(store, checkpoint).finally(() => store.close());
  } catch {
    throw refusal(data, damage);
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
  const path = join(data, 'log', damage.file);
  const { size, mtimeMs } = await stat(path);
  await copyFile(path, join(data, `damaged-${damage.file}`));
  await syncDirectory(data);
  await truncate(path, damage.from);
  const lost = { bytes: size - damage.from };
  const reason = `the machine stopped without warning: the last ${lost.bytes} bytes of the store, not yet durable, were lost`;
  return { at: Date.now() * 1000, body: { type: 'gap', reason, from: Math.round(mtimeMs * 1000), lost } };
}

function refusal(data: string, { file, from, to, message }: FileFault): ChaperoneError {
  const where = `bytes ${from} to ${to} of ${join(data, 'log', file)}`;
  return new ChaperoneError(
    'STORE_CORRUPT',
    `${where}: ${message}; run verify to see what is affected, and put back a backup`,
  );
}
