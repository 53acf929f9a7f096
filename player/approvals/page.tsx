import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ApprovalView } from '../api.ts';
import { useShortcuts } from '../ui/keys.ts';
import { Notice, Problem, Stale } from '../ui/notice.tsx';
import { showTitle } from '../ui/title.ts';
import { focusVote } from './ballot.tsx';
import { AskCard } from './card.tsx';
import { Decided } from './decided.tsx';
import { type Decisions, type Step, useDecisions } from './decisions.ts';
import { SignalSettings } from './signal-settings.tsx';
import type { Signals } from './signals.ts';
import type { AskList } from './use-asks.ts';
import { useCurrent, useOpened } from './use-current.ts';

interface Properties {
  list: AskList;
  /** The request that the address names. */
  id: string | null;
  signals: Signals;
  onSession: (id: string) => void;
  onHome: () => void;
}

/** Cards drawn at first, and added on demand. */
const CHUNK = 50;

/** What waits for a person, and what was decided lately. */
export function ApprovalsPage({ list, id, signals, onSession, onHome }: Properties) {
  const { waiting, over, state, error } = list;
  const decisions = useDecisions(list.take);
  const { current, setCurrent, move } = useCurrent(waiting.map((view) => view.id));
  const [drawn, setDrawn] = useState(CHUNK);
  const main = useRef<HTMLElement>(null);

  useLayoutEffect(() => {
    showTitle('Approvals');
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, []);
  const place = waiting.findIndex((view) => view.id === current);
  const shown = Math.max(drawn, place + 1);
  // What was drawn stays drawn when the last of it is decided.
  useEffect(() => setDrawn((now) => Math.max(now, shown)), [shown]);
  useOpened(state === 'known' ? id : null, setCurrent);
  usePageKeys({ decisions, current: waiting[place] ?? null, move, onHome });

  if (state === 'nobody')
    return (
      <main class="approvals-page" ref={main} tabIndex={-1}>
        <Notice title="Nobody can be asked at this recorder" alone />
      </main>
    );
  return (
    <main class="approvals-page" ref={main} tabIndex={-1}>
      <div class="list-head">
        <h1>Approvals</h1>
        <p class="total" role="status">
          {state === 'known' && (waiting.length === 0 ? 'nothing waits' : `${waiting.length} waiting`)}
        </p>
        <SignalSettings signals={signals} />
      </div>
      {error !== null && (state === 'known' ? <Stale error={error} /> : <Problem error={error} />)}
      {state === 'known' && id !== null && ![...waiting, ...over].some((view) => view.id === id) && (
        <p class="alert" role="status">
          The request of this address is not here: it was decided long ago, or the link is incomplete.
        </p>
      )}
      <p class="sr" role="status">
        {decisions.armed !== null && `${decisions.armed.vote} is armed for 5 seconds: press again to confirm`}
      </p>
      {state === 'known' && waiting.length + over.length === 0 && (
        <p class="dim">
          What the policy asks a person about stands here as soon as it is asked, and for as long as the
          policy gives.
        </p>
      )}
      <ol class="asks" aria-label="Waiting">
        {waiting.slice(0, shown).map((view) => (
          <AskCard
            key={view.id}
            view={view}
            current={view.id === current}
            armed={decisions.armed?.id === view.id ? decisions.armed.vote : null}
            busy={decisions.busy.has(view.id)}
            refusal={decisions.refusals.get(view.id) ?? null}
            onCurrent={() => setCurrent(view.id)}
            onPress={(step) => decisions.press(view.id, step)}
            onSession={onSession}
          />
        ))}
      </ol>
      {waiting.length > shown && (
        <button type="button" class="button more" onClick={() => setDrawn(shown + CHUNK)}>
          {(waiting.length - shown).toLocaleString('en-GB')} more
        </button>
      )}
      <Decided over={over} id={id} decisions={decisions} onSession={onSession} />
    </main>
  );
}

interface Keys {
  decisions: Decisions;
  current: ApprovalView | null;
  move: (direction: 1 | -1) => void;
  onHome: () => void;
}

function usePageKeys({ decisions, current, move, onHome }: Keys): void {
  const arm = (vote: Step['vote']) => {
    const { armed } = decisions;
    if (current === null || !(vote === 'cancel' ? current.may.cancel : current.may.vote)) return;
    const { id } = current;
    focusVote(id, vote);
    // The same letter again is no confirmation: that is what Enter is for.
    if (armed?.id !== id || armed.vote !== vote) decisions.press(id, { vote });
  };
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    a: () => arm('approve'),
    d: () => arm('deny'),
    x: () => arm('cancel'),
    Escape: decisions.disarm,
    u: onHome,
  });
}
