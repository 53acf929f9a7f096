/** Whether who asked is still there for the answer. */
import type { ServerResponse } from 'node:http';

/** Aborts when the answer's connection ends before the answer does. */
export function gone(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  if (response.destroyed) controller.abort();
  else
    response.once('close', () => {
      // An answer that is complete ends nothing; and an abort costs a stack trace.
      if (!response.writableFinished) controller.abort();
    });
  return controller.signal;
}
