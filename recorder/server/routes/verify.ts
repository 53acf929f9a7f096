/** A verification on request: progress as it goes, the report at the end, stopped when nobody listens. */
import { ChaperoneError } from '../../errors.ts';
import type { Archive, VerifyReport } from '../../log/ports.ts';
import type { VerifyLine } from '../api.ts';
import { followLines } from '../reply.ts';
import type { Exchange, Route } from '../router.ts';

/** Each reads the whole log: more at once would only slow one another, and the recording. */
const MAX_AT_ONCE = 2;
const PROGRESS_EVERY_MS = 100;

export function verifyRoutes({ archive }: { archive: Archive }): Route[] {
  let running = 0;
  const handle = async (exchange: Exchange): Promise<void> => {
    const session = exchange.query.get('session');
    if (session !== null) await archive.session(session);
    if (running >= MAX_AT_ONCE) {
      throw new ChaperoneError(
        'STORE_FAILED',
        'verifications are running already; try again when one has ended',
      );
    }
    running += 1;
    try {
      await followLines(exchange, verification(archive, session, exchange.signal));
    } finally {
      running -= 1;
    }
  };
  return [{ method: 'GET', path: '/api/verify', handle }];
}

async function* verification(
  archive: Archive,
  session: string | null,
  signal: AbortSignal,
): AsyncGenerator<VerifyLine> {
  let latest: { done: number; total: number } | null = null;
  let wake = (): void => {};
  let report: VerifyReport | null = null;
  const work = archive
    .verify({
      ...(session !== null && { session }),
      signal,
      progress: (done, total) => {
        latest = { done, total };
      },
    })
    .then((result) => {
      report = result;
    })
    .finally(() => wake());
  work.catch(() => {});
  while (report === null) {
    await Promise.race([
      work,
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, PROGRESS_EVERY_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    ]);
    if (latest !== null) yield { progress: latest };
    latest = null;
  }
  yield { report };
}
