/**
 * Verification from end to end: the checkpoint and the keys beside the store, the store's files as bytes, and all
 * that the store says. A store that is closed is verified on a copy (tables are linked, not copied), because LevelDB
 * rewrites files when it opens them, and what was wrong with them must stay to be seen.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint, parseVerifierKey, type VerifierKey } from '../audit/checkpoint.ts';
import type { SessionId } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import { describeKeys } from '../store/keys.ts';
import { LevelStore } from '../store/leveldb.ts';
import { checkFiles, type FileFault } from '../store/leveldb-files.ts';
import { describe, liveOwner } from '../store/owner.ts';
import { readText } from '../store/regular-file.ts';
import { loadSigner } from '../store/signing-key.ts';
import type { Reader } from '../store/store.ts';
import { copyForReading } from './copy-store.ts';
import { Findings } from './findings.ts';
import { firstAffected } from './first-affected.ts';
import type { VerifyReport } from './ports.ts';
import { walkSession } from './session-walk.ts';
import { type Signed, walk } from './walk.ts';

export interface VerifyOptions {
  session?: SessionId;
  /** A signed note of this log that was kept elsewhere: the log must extend that one too. */
  checkpoint?: string;
  signal?: AbortSignal;
  progress?: (done: number, total: number) => void;
}

/** What was signed: `note` is the one beside the store, as it stands there. */
interface Witness {
  note: string;
  signed: Signed[];
}

/**
 * Verifies a store that no process has open.
 * @throws ChaperoneError `STORE_LOCKED`, `NOT_FOUND`, `SESSION_UNKNOWN`
 */
export async function verifyClosed(data: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const owner = await liveOwner(data);
  if (owner !== null)
    throw new ChaperoneError('STORE_LOCKED', `${data} is in use by ${describe(owner)}: ask it to verify`);
  const directory = join(data, 'log');
  const names = await readdir(directory).catch(() => null);
  if (names === null) throw new ChaperoneError('NOT_FOUND', `there is no audit log in ${data}: check --data`);
  const findings = new Findings();
  const witness = await readWitness(data, findings, options);
  const files = new Findings();
  const faults = await checkAllFiles(directory, files, { running: false, signal: options.signal });
  if (!legible(files)) {
    await nameFirst(directory, faults, { witness, findings, options });
    return report({ size: 0, sessions: 0 }, witness, findings, files);
  }
  const copy = await copyForReading(data);
  try {
    const seen = await verifyCopy(copy, witness, findings, options);
    return report(seen, witness, findings, files);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Verifies the store that this process has open, as `snapshot` shows it; `written` is its last checkpoint. */
export async function verifyOpen(
  data: string,
  snapshot: Reader,
  written: Checkpoint,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const findings = new Findings();
  const witness = await readWitness(data, findings, options);
  const isOld = witness.signed.some(({ from, size }) => from === 'DATA' && size < written.size);
  if (isOld) findings.add('CHECKPOINT_OLD');
  const files = new Findings();
  const directory = join(data, 'log');
  const faults = await checkAllFiles(directory, files, { running: true, signal: options.signal });
  if (!legible(files)) {
    await nameFirst(directory, faults, { witness, findings, options });
    return report({ size: 0, sessions: 0 }, witness, findings, files);
  }
  return report(await look(snapshot, witness, findings, options), witness, findings, files);
}

/**
 * Whether LevelDB can be let near the files. It checks the records of a log, but not the blocks of a table, and a
 * damaged block can make it abort the whole process (its assertions are compiled in).
 */
function legible({ problems }: Findings): boolean {
  return problems.every(({ file }) => file?.endsWith('.log'));
}

/** What was found in the log comes first, because it names sessions; then the files. */
function report(
  seen: { size: number; sessions: number },
  { note }: Witness,
  findings: Findings,
  files: Findings,
): VerifyReport {
  const problems = [...findings.problems, ...files.problems];
  return { ok: problems.length === 0, ...seen, checkpoint: note, problems };
}

async function verifyCopy(copy: string, witness: Witness, findings: Findings, options: VerifyOptions) {
  let store: LevelStore;
  try {
    store = await LevelStore.open(copy);
  } catch (error) {
    findings.add('STORE_UNREADABLE', {}, (error as Error).message.replaceAll(copy, 'the log'));
    return { size: 0, sessions: 0 };
  }
  try {
    return await look(store, witness, findings, options);
  } finally {
    await store.close();
  }
}

async function look(store: Reader, { signed }: Witness, findings: Findings, options: VerifyOptions) {
  const { session, signal, progress } = options;
  const all = { store, findings, signed, signal, progress };
  try {
    return await (session === undefined ? walk(all) : walkSession(session, all));
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code !== 'STORE_FAILED' && code !== 'STORE_CORRUPT') throw error;
    findings.add('STORE_UNREADABLE', {}, (error as Error).message);
    return { size: 0, sessions: 0 };
  }
}

/** The checkpoint in its file, and the one that was kept elsewhere, if the key of this log signed them. */
async function readWitness(data: string, findings: Findings, options: VerifyOptions): Promise<Witness> {
  const key = await readKey(data, findings);
  const signed: Signed[] = [];
  const open = (note: string, from: Signed['from'], where: { file?: string }): void => {
    try {
      if (key !== null) signed.push({ ...openCheckpoint(note, key), from });
    } catch (error) {
      findings.add('CHECKPOINT_INVALID', where, (error as Error).message);
    }
  };
  const note = await readText(join(data, 'checkpoint')).catch((error: Error) => error);
  if (typeof note === 'string') open(note, 'DATA', { file: 'checkpoint' });
  else findings.add('CHECKPOINT_MISSING', { file: 'checkpoint' }, note?.message);
  if (options.checkpoint !== undefined) open(options.checkpoint, 'elsewhere', {});
  return { note: typeof note === 'string' ? note : '', signed };
}

/** Either half of the key will do, but where both are there they must be of one key. */
async function readKey(data: string, findings: Findings): Promise<VerifierKey | null> {
  const signer = await loadSigner(data).catch(() => null);
  const text = await readText(join(data, 'key.pub')).catch(() => null);
  if (signer === null && text === null) {
    findings.add('KEY_MISSING', { file: 'key.pub' });
    return null;
  }
  if (signer !== null && text !== `${signer.verifier.text}\n`)
    findings.add('KEY_MISMATCH', { file: 'key.pub' });
  if (signer !== null) return signer.verifier;
  findings.add('KEY_MISSING', { file: 'key' });
  try {
    return parseVerifierKey(text!);
  } catch {
    return null;
  }
}

async function checkAllFiles(
  directory: string,
  files: Findings,
  options: { running: boolean; signal: AbortSignal | undefined },
): Promise<FileFault[]> {
  const faults: FileFault[] = [];
  for await (const found of checkFiles(directory, options)) {
    const { file, from, to, message, keys } = found;
    faults.push(found);
    const what = keys === undefined ? message : `${message}, which held ${describeKeys(keys)}`;
    files.add('FILE_DAMAGED', { file: `log/${file}`, range: { from, to } }, what);
  }
  return faults;
}

/** LevelDB is not let near damaged tables; so what else can be read of the store says which event is the first lost. */
async function nameFirst(
  directory: string,
  faults: readonly FileFault[],
  { witness, findings, options }: { witness: Witness; findings: Findings; options: VerifyOptions },
): Promise<void> {
  const signed = Math.max(0, ...witness.signed.map(({ size }) => size));
  const first = await firstAffected(directory, faults, signed, options.signal).catch((error) => {
    options.signal?.throwIfAborted();
    // The damage itself is in the report already; what cannot be understood names nothing.
    if (error instanceof RangeError) return null;
    throw error;
  });
  if (first === null) return;
  const { index, what, behind, ...whose } = first;
  const code = what === 'event' ? 'EVENT_MISSING' : 'CONTENT_MISSING';
  const where = behind === undefined ? '' : `, right behind event ${behind.seq} of session ${behind.session}`;
  findings.add(code, whose, `number ${index} of the log, the first in what is damaged${where}`);
}
