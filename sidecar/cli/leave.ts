/** When `up` and `demo` are told to go. */
import { isatty } from 'node:tty';

export interface Leave {
  signalled: Promise<void>;
  received(): boolean;
}

/**
 * Told to go by Ctrl-C or a signal, whenever that comes: nothing of it is lost while something else runs.
 * A hangup counts only where there is a terminal to lose: `nohup chaperone up &` stays. That is asked of the
 * descriptors because Node puts back every signal that its parent had set to be ignored, as nohup does.
 */
export function untilSignal(): Leave {
  let received = false;
  const signalled = new Promise<void>((resolve) => {
    const leave = () => {
      received = true;
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, leave);
    process.on('SIGHUP', [0, 1, 2].some(isatty) ? leave : () => undefined);
  });
  return { signalled, received: () => received };
}
