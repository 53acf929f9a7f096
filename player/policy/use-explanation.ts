import { useEffect, useState } from 'preact/hooks';
import { type Explanation, explainAction } from '../api.ts';
import type { Question } from '../router.ts';

/** Long enough that typing is one question, short enough to feel at once. */
const SETTLE_MS = 250;

export interface Answered {
  explanation: Explanation | null;
  error: Error | null;
  /** True while what is shown is of an earlier text. */
  busy: boolean;
}

/** How the policy in force decides what is typed, as it is typed. */
export function useExplanation({ text, cwd, session }: Question): Answered {
  const [answer, setAnswer] = useState<Answered>({ explanation: null, error: null, busy: false });

  useEffect(() => {
    if (text.trim() === '') {
      setAnswer({ explanation: null, error: null, busy: false });
      return;
    }
    setAnswer((former) => ({ ...former, busy: true }));
    const abort = new AbortController();
    const ask = () =>
      explainAction({ text, cwd, session }, abort.signal).then(
        (explanation) => setAnswer({ explanation, error: null, busy: false }),
        (error: Error) => abort.signal.aborted || setAnswer({ explanation: null, error, busy: false }),
      );
    const settled = setTimeout(ask, SETTLE_MS);
    return () => {
      clearTimeout(settled);
      abort.abort();
    };
  }, [text, cwd, session]);

  return answer;
}
