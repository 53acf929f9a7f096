import type { ApprovalView } from '../api.ts';
import { duration } from '../text/time.ts';
import { Plain } from '../ui/plain.tsx';
import { useNow } from '../ui/use-now.ts';
import { Asked } from './asked.tsx';
import { Asker } from './asker.tsx';
import { BallotBox, CancelButton } from './ballot.tsx';
import type { Armed, Step } from './decisions.ts';

interface Properties {
  view: ApprovalView;
  current: boolean;
  /** What is armed at this request. */
  armed: Armed['vote'] | null;
  busy: boolean;
  /** What the recorder said against a decision. */
  refusal: Error | null;
  onCurrent: () => void;
  onPress: (step: Step) => void;
  onSession: (id: string) => void;
}

/** One request that waits: what, who, why, how long still, and the decision. */
export function AskCard(properties: Properties) {
  const { view, current, armed, busy, refusal, onCurrent, onPress, onSession } = properties;
  return (
    <li
      class={`ask${armed === null ? '' : ` armed-${armed}`}`}
      data-ask={view.id}
      tabIndex={-1}
      aria-current={current}
      onFocusIn={onCurrent}
      onPointerDown={onCurrent}
    >
      <header>
        <span class="kind">{KINDS[view.asked.kind]}</span>
        <TimeLeft until={view.terms.until} />
        <CancelButton {...{ view, armed, busy, onPress }} />
      </header>
      <Asked view={view} whole={armed !== null} />
      <Asker view={view} onSession={onSession} />
      <Refusal error={refusal} />
      <BallotBox {...{ view, armed, busy, onPress }} />
    </li>
  );
}

const KINDS = { command: 'Command', request: 'Kubernetes API', tool: 'Tool of the agent' } as const;

/** Below this, in seconds, it is urgent. */
const URGENT = 60;

function TimeLeft({ until }: { until: number }) {
  const left = Math.max(0, until / 1e6 - useNow(1000).getTime() / 1000);
  return (
    <span class={left < URGENT ? 'left urgent' : 'left'} role="timer">
      {left === 0 ? 'time is up' : `${duration(Math.max(1, Math.floor(left)))} left`}
    </span>
  );
}

/** What the recorder said against the decision that was tried. */
export function Refusal({ error }: { error: Error | null }) {
  if (error === null) return null;
  return (
    <p class="alert bad" role="alert">
      <b>This did not count.</b> <Plain text={error.message} limit={500} />
    </p>
  );
}
