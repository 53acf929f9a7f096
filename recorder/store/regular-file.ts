/**
 * Reading files that somebody else may have put there: opening a pipe waits for ever, a device never ends, a link
 * leads elsewhere. Only a regular file within bounds is read.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ChaperoneError } from '../errors.ts';
import { reasonOf } from './fault.ts';

/** Enough for each of the small files in DATA. */
const SMALL_BYTES = 64 << 10;

export interface ReadOptions {
  /** The most bytes it may have. */
  limit?: number;
  /** Whether it may be a symbolic link. */
  links?: boolean;
}

export interface RegularFile {
  bytes: Buffer;
  mode: number;
}

/** The file at `path`, or null where there is none. @throws ChaperoneError `STORE_FAILED`, `TOO_LARGE` */
export async function readRegularFile(
  path: string,
  { limit = SMALL_BYTES, links = false }: ReadOptions = {},
): Promise<RegularFile | null> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (links ? 0 : constants.O_NOFOLLOW);
  try {
    await using file = await open(path, flags);
    const stats = await file.stat();
    if (!stats.isFile()) throw refusal(path, `it is ${kindOf(stats)}, not a file: move it away`);
    if (stats.size > limit) throw tooLarge(path, limit);
    return { bytes: await readAll(file, path, limit), mode: stats.mode };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (error instanceof ChaperoneError) throw error;
    // Opening a socket fails with ENXIO, and a link that is not to be followed with ELOOP.
    if (code === 'ELOOP') throw refusal(path, 'it is a symbolic link: put the file itself there', error);
    if (code === 'ENXIO') throw refusal(path, 'it is a socket, not a file: move it away', error);
    throw refusal(path, reasonOf(message), error);
  }
}

/** The text of the file at `path`, or null where there is none. @throws ChaperoneError `STORE_FAILED`, `TOO_LARGE` */
export async function readText(path: string, options?: ReadOptions): Promise<string | null> {
  const file = await readRegularFile(path, options);
  return file === null ? null : file.bytes.toString('utf8');
}

/** What is there now: a file may grow while it is read. */
async function readAll(file: FileHandle, path: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { size } = await file.stat();
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(size, limit) - length + 1));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, length);
    if (bytesRead === 0) return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    length += bytesRead;
    if (length > limit) throw tooLarge(path, limit);
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a named pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}

function tooLarge(path: string, limit: number): ChaperoneError {
  return new ChaperoneError('TOO_LARGE', `${path} cannot be read: it is larger than ${limit} bytes`);
}

function refusal(path: string, reason: string, cause?: unknown): ChaperoneError {
  return new ChaperoneError('STORE_FAILED', `${path} cannot be read: ${reason}`, { cause });
}
