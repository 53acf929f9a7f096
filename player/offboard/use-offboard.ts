import { useCallback, useEffect, useState } from 'preact/hooks';
import { type Belongings, endAll, lookAt, type Offboarded } from '../api.ts';

export interface Offboarding {
  /** What they have; null while that is not known. */
  found: Belongings | null;
  /** What became of it; null before. */
  done: Offboarded | null;
  busy: 'looking' | 'ending' | null;
  error: Error | null;
  end: () => void;
}

/** @param users nobody where it is empty */
export function useOffboard(users: readonly string[]): Offboarding {
  const [found, setFound] = useState<Belongings | null>(null);
  const [done, setDone] = useState<Offboarded | null>(null);
  const [busy, setBusy] = useState<Offboarding['busy']>(null);
  const [error, setError] = useState<Error | null>(null);
  const key = users.join('\n');

  const look = useCallback(
    (signal: AbortSignal) => {
      setBusy('looking');
      setError(null);
      lookAt(users, signal).then(
        (answer) => {
          setFound(answer);
          setBusy(null);
        },
        (failure: Error) => {
          if (signal.aborted) return;
          setError(failure);
          setBusy(null);
        },
      );
    },
    [key],
  );
  useEffect(() => {
    setFound(null);
    setDone(null);
    setBusy(null);
    setError(null);
    if (users.length === 0) return;
    const controller = new AbortController();
    look(controller.signal);
    return () => controller.abort();
  }, [key]);

  const end = useCallback(() => {
    setBusy('ending');
    setError(null);
    endAll(users).then(
      (answer) => {
        setDone(answer);
        look(new AbortController().signal);
      },
      (failure: Error) => {
        setError(failure);
        setBusy(null);
      },
    );
  }, [key]);
  return { found, done, busy, error, end };
}
