import { useEffect, useState } from 'preact/hooks';
import { type VerifyReport, verifySession } from '../api.ts';
import { count } from '../text/amount.ts';
import { visibleText } from '../text/visible.ts';
import { Icon } from '../ui/icon.tsx';

type State =
  | { at: 'unknown' }
  | { at: 'checking' }
  | { at: 'known'; report: VerifyReport }
  | { at: 'failed'; error: Error };

export interface Verification {
  state: State;
  /** Checks, unless that is under way. */
  check: () => void;
}

/** Says on request whether the evidence holds against the signed checkpoint: much of the log is read for it. */
export function useVerification(id: string): Verification {
  const [state, setState] = useState<State>({ at: 'unknown' });
  const [asked, setAsked] = useState(0);

  useEffect(() => {
    if (asked === 0) return;
    const abort = new AbortController();
    setState({ at: 'checking' });
    verifySession(id, abort.signal).then(
      (report) => setState({ at: 'known', report }),
      (error: Error) => abort.signal.aborted || setState({ at: 'failed', error }),
    );
    return () => abort.abort();
  }, [id, asked]);

  const check = () => state.at !== 'checking' && setAsked((now) => now + 1);
  return { state, check };
}

export function EvidenceButton({ verification: { state, check } }: { verification: Verification }) {
  const { kind, text, title } = describe(state);
  return (
    <>
      <button
        type="button"
        class={`button quiet evidence ${kind}`}
        title={title}
        aria-disabled={state.at === 'checking'}
        onClick={check}
      >
        <Icon name={kind === 'bad' ? 'warning' : 'shield'} />
        <span>{text}</span>
      </button>
      <span class="sr" role="status">
        {state.at !== 'unknown' && text}
      </span>
    </>
  );
}

/** What is wrong with the evidence, where something is. */
export function EvidenceAlert({ verification: { state } }: { verification: Verification }) {
  if (state.at === 'failed') {
    return (
      <p class="alert" role="alert">
        <b>The evidence could not be checked.</b> {visibleText(state.error.message, 500)}
      </p>
    );
  }
  if (state.at !== 'known' || state.report.ok) return null;
  const { problems } = state.report;
  return (
    <p class="alert bad" role="alert">
      <b>The evidence does not hold.</b>{' '}
      {visibleText(problems[0]?.message ?? 'The log is not what was signed.', 500)}
      {problems.length > 1 && ` There are ${count(problems.length - 1, 'more problem')}.`}
    </p>
  );
}

interface View {
  kind: 'good' | 'bad' | 'open';
  text: string;
  title: string;
}

const ASK = 'Check the evidence of this session against the signed checkpoint';

function describe(state: State): View {
  switch (state.at) {
    case 'unknown':
      return { kind: 'open', text: 'Verify', title: ASK };
    case 'checking':
      return { kind: 'open', text: 'Verifying …', title: ASK };
    case 'failed':
      return { kind: 'open', text: 'Not verified', title: 'Check again' };
    case 'known':
      return state.report.ok
        ? { kind: 'good', text: 'Verified', title: `${covered(state.report)}. Click to check again.` }
        : { kind: 'bad', text: 'Evidence damaged', title: 'Check again' };
  }
}

/** The second line of a C2SP checkpoint is the size of the tree. https://c2sp.org/tlog-checkpoint */
function covered({ size, checkpoint }: VerifyReport): string {
  const upTo = Number(checkpoint.split('\n')[1]);
  const head = Number.isSafeInteger(upTo) ? ` of ${count(upTo, 'event')}` : '';
  return `Evidence verified: ${count(size, 'event')} checked against the signed checkpoint${head}`;
}
