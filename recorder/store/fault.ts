/** What a failure of the medium is called. */
import { ChaperoneError } from '../errors.ts';

/** LevelDB and Node both print the system's own words for these. */
const FULL = /ENOSPC|EDQUOT|EFBIG|No space left on device|Disk quota exceeded|File too large/;

/** An error of the file system or of LevelDB, under our code. Ours pass as they are. */
export function storeFault(error: unknown, where: string): ChaperoneError {
  if (error instanceof ChaperoneError) return error;
  const cause = error as NodeJS.ErrnoException & { cause?: Error };
  const text = `${cause.message} ${cause.cause?.message ?? ''}`;
  if (FULL.test(text)) {
    return new ChaperoneError('STORE_FULL', `no space is left for ${where}: make room, then go on`, {
      cause,
    });
  }
  const reason =
    cause.code === 'EISDIR' ? 'a directory is in its place: move it away' : reasonOf(text.trim());
  return new ChaperoneError('STORE_FAILED', `${where} cannot be written or read: ${reason}`, { cause });
}

/** The system's own words, without the call that Node names: `EACCES: permission denied, open '…'`. */
export function reasonOf(message: string): string {
  return /^E[A-Z0-9]+: ([^,]+), [a-z]+(?: '|$)/.exec(message)?.[1] ?? message;
}
