import { useEffect, useState } from 'preact/hooks';
import { type SessionSummary, type VerifyReport, verifySession } from '../api.ts';
import { count } from '../text/command.ts';
import { Icon } from '../ui/icon.tsx';

type State =
  | { at: 'unknown' }
  | { at: 'checking' }
  | { at: 'known'; report: VerifyReport }
  | { at: 'failed'; error: Error };

/** Says on request whether the evidence holds against the signed checkpoint: the whole log is read for it. */
export function Evidence({ session }: { session: SessionSummary }) {
  const [state, setState] = useState<State>({ at: 'unknown' });
  const [asked, setAsked] = useState(0);

  useEffect(() => {
    if (asked === 0) return;
    const abort = new AbortController();
    setState({ at: 'checking' });
    verifySession(session.id, abort.signal).then(
      (report) => setState({ at: 'known', report }),
      (error: Error) => abort.signal.aborted || setState({ at: 'failed', error }),
    );
    return () => abort.abort();
  }, [session.id, asked]);

  const view = describe(state);
  return (
    <button
      type="button"
      class={`button quiet evidence ${view.kind}`}
      title={view.title}
      disabled={state.at === 'checking'}
      onClick={() => setAsked((now) => now + 1)}
    >
      <Icon name={view.kind === 'bad' ? 'warning' : 'shield'} />
      <span role="status">{view.text}</span>
    </button>
  );
}

interface View {
  kind: 'good' | 'bad' | 'open';
  text: string;
  title: string;
}

function describe(state: State): View {
  switch (state.at) {
    case 'unknown':
      return {
        kind: 'open',
        text: 'Verify',
        title: 'Check the evidence of this session against the signed checkpoint',
      };
    case 'checking':
      return { kind: 'open', text: 'Verifying …', title: '' };
    case 'failed':
      return { kind: 'open', text: 'Not verified', title: state.error.message };
    case 'known':
      return known(state.report);
  }
}

function known({ ok, size, checkpoint, problems }: VerifyReport): View {
  const [first] = problems;
  if (!ok) {
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    return { kind: 'bad', text: 'Evidence damaged', title: `${first?.message ?? 'Not verified'}${more}` };
  }
  const upTo = treeSize(checkpoint);
  const text = `${count(size, 'event')} checked against the signed checkpoint${upTo === null ? '' : ` of ${count(upTo, 'event')}`}`;
  return { kind: 'good', text: 'Verified', title: `${text}. Click to check again.` };
}

/** The second line of a C2SP checkpoint is the size of the tree. https://c2sp.org/tlog-checkpoint */
function treeSize(checkpoint: string): number | null {
  const size = Number(checkpoint.split('\n')[1]);
  return Number.isSafeInteger(size) ? size : null;
}
