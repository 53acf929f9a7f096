/** What a failure of the medium is called. */
import { ChaperoneError } from '../errors.ts';

/** LevelDB and Node both print the system's own words for these. */
const FULL = /ENOSPC|EDQUOT|EFBIG|No space left on device|Disk quota exceeded|File too large/;

/** An error of the file system or of LevelDB, under our code. Ours pass as they are. */
export function storeFault(error: unknown, where: string): ChaperoneError {
  if (error instanceof ChaperoneError) return error;
  const cause = error as Error & { cause?: Error };
  const text = `${cause.message} ${cause.cause?.message ?? ''}`;
  if (FULL.test(text)) {
    return new ChaperoneError('STORE_FULL', `no space is left for ${where}: make room, then go on`, {
      cause,
    });
  }
  return new ChaperoneError('STORE_FAILED', `${where} cannot be written or read: ${text.trim()}`, { cause });
}
