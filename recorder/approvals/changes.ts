/** What changes on the desk, for one who may be slow to hear of it: of each request only its latest state is kept. */
import type { Approval } from './approval.ts';
import type { Desk } from './desk.ts';

export async function* changes(
  desk: Pick<Desk, 'watch'>,
  ended: readonly AbortSignal[],
): AsyncGenerator<Approval> {
  const latest = new Map<string, Approval>();
  const signal = AbortSignal.any([...ended]);
  let wake = () => {};
  const stop = desk.watch((approval) => {
    latest.set(approval.request.id, approval);
    wake();
  });
  const onEnd = () => wake();
  signal.addEventListener('abort', onEnd);
  try {
    while (!signal.aborted) {
      const [next] = latest.values();
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      latest.delete(next.request.id);
      yield next;
    }
  } finally {
    stop();
    signal.removeEventListener('abort', onEnd);
  }
}
