import { useState } from 'preact/hooks';
import type { ApprovalView } from '../api.ts';
import { Plain } from '../ui/plain.tsx';
import type { Armed, Step } from './decisions.ts';

interface Properties {
  view: ApprovalView;
  /** What is armed at this request. */
  armed: Armed['vote'] | null;
  busy: boolean;
  onPress: (step: Step) => void;
}

/** For how long the very same passes again, in minutes; 0 is this once. */
const GRANTS = [0, 5, 30, 120];
/** The recorder takes no longer one. */
const LONGEST_COMMENT = 1000;

/** Approve or deny: the first click arms, the second decides. Who may not is told why. */
export function BallotBox({ view, armed, busy, onPress }: Properties) {
  const [comment, setComment] = useState('');
  const [minutes, setMinutes] = useState(0);
  const said = comment.trim() === '' ? {} : { comment: comment.trim() };
  const granted = minutes === 0 ? {} : { minutes };
  const given = { id: view.id, armed, busy };
  if (!view.may.vote)
    return (
      <p class="not-yours">
        Not for you to decide
        {view.obstacle !== undefined && (
          <>
            : <Plain text={view.obstacle.message} limit={1000} />
          </>
        )}
      </p>
    );
  return (
    <div class="ballot">
      <input
        type="text"
        value={comment}
        maxLength={LONGEST_COMMENT}
        placeholder="Comment, for the record"
        aria-label="Comment"
        autocomplete="off"
        onInput={(event) => setComment(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') cardOf(event.currentTarget)?.focus();
        }}
      />
      <select
        aria-label="If approved, the same again"
        value={minutes}
        onChange={(event) => setMinutes(Number(event.currentTarget.value))}
      >
        {GRANTS.map((each) => (
          <option key={each} value={each}>
            {each === 0 ? 'Approve this once' : `The same again for ${each} minutes`}
          </option>
        ))}
      </select>
      <VoteButton
        {...given}
        vote="approve"
        onPress={() => onPress({ vote: 'approve', ...said, ...granted })}
      />
      <VoteButton {...given} vote="deny" onPress={() => onPress({ vote: 'deny', ...said })} />
    </div>
  );
}

/** Takes it back, in two steps as well. */
export function CancelButton({ view, armed, busy, onPress }: Properties) {
  if (!view.may.cancel) return null;
  const given = { id: view.id, armed, busy };
  return <VoteButton {...given} vote="cancel" onPress={() => onPress({ vote: 'cancel' })} />;
}

const NAMES = { approve: 'Approve', deny: 'Deny', cancel: 'Cancel' } as const;
const KEYS = { approve: 'a', deny: 'd', cancel: 'x' } as const;

interface Given extends Pick<Properties, 'armed' | 'busy'> {
  id: string;
  vote: Step['vote'];
  onPress: () => void;
}

function VoteButton({ id, vote, armed, busy, onPress }: Given) {
  const isArmed = armed === vote;
  return (
    <button
      type="button"
      class={`button vote ${vote}${isArmed ? ' armed' : ''}`}
      id={`${vote}-${id}`}
      disabled={busy}
      title={`${NAMES[vote]} (${KEYS[vote]})`}
      // The second click of a double one, or a key that is held, is no second thought.
      onClick={(event) => event.detail < 2 && onPress()}
      onKeyDown={(event) => event.repeat && event.preventDefault()}
    >
      {isArmed ? `${NAMES[vote]}: press again` : NAMES[vote]}
    </button>
  );
}

/** The button itself has the focus then, and Enter presses it. */
export function focusVote(id: string, vote: Step['vote']): void {
  const button = document.getElementById(`${vote}-${id}`);
  button?.focus({ preventScroll: true });
  // Once all of it is shown.
  requestAnimationFrame(() => button?.scrollIntoView({ block: 'nearest' }));
}

function cardOf(element: Element): HTMLElement | null {
  return element.closest<HTMLElement>('[data-ask]');
}
