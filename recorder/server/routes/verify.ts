/** A verification on request: progress as it goes, the report at the end, stopped when nobody listens. */
import { setTimeout } from 'node:timers/promises';
import { SYSTEM } from '../../audit/units.ts';
import { ChaperoneError } from '../../errors.ts';
import type { Archive, VerifyReport } from '../../log/ports.ts';
import type { AccessRecord } from '../access.ts';
import type { VerifyLine } from '../api.ts';
import { followLines } from '../reply.ts';
import type { Exchange, Route } from '../router.ts';

/** Each reads the whole log: more at once would only slow one another, and the recording. */
const MAX_AT_ONCE = 2;
const PROGRESS_EVERY_MS = 100;

export function verifyRoutes({ access }: { access: AccessRecord }): Route[] {
  let running = 0;
  const handle = async (exchange: Exchange): Promise<void> => {
    const { archive, login, query } = exchange;
    const session = query.get('session');
    await archive.admitVerification(session);
    const checkpoint = query.get('checkpoint');
    if (running >= MAX_AT_ONCE) {
      throw new ChaperoneError('BUSY', 'verifications are running already; try again when one has ended');
    }
    running += 1;
    try {
      await access.viewed(session ?? SYSTEM, 'verify', login);
      const signal = AbortSignal.any([exchange.signal, exchange.closing]);
      await followLines(exchange, verification(archive, { session, checkpoint }, signal));
    } finally {
      running -= 1;
    }
  };
  return [{ method: 'GET', path: '/api/verify', needs: 'sessions.verify', handle }];
}

async function* verification(
  archive: Archive,
  { session, checkpoint }: { session: string | null; checkpoint: string | null },
  signal: AbortSignal,
): AsyncGenerator<VerifyLine> {
  let latest: { done: number; total: number } | null = null;
  const progress = (done: number, total: number): void => {
    latest = { done, total };
  };
  const work = archive.verify({
    ...(session !== null && { session }),
    ...(checkpoint !== null && { checkpoint }),
    ...{ signal, progress },
  });
  for (let report: VerifyReport | undefined; report === undefined; ) {
    report = await Promise.race([work, setTimeout(PROGRESS_EVERY_MS, undefined, { ref: false })]);
    if (latest !== null) yield { progress: latest };
    latest = null;
    if (report !== undefined) yield { report };
  }
}
