import { useState } from 'preact/hooks';
import type { Ballot } from '../api.ts';
import type { Armed } from './decisions.ts';

interface Properties {
  id: string;
  /** What is armed at this request. */
  armed: Armed['vote'] | null;
  busy: boolean;
  onPress: (ballot: Ballot) => void;
}

/** For how long the very same passes again, in minutes; 0 is this once. */
const GRANTS = [0, 5, 30, 120];
/** The recorder takes no longer one. */
const LONGEST_COMMENT = 1000;

/** Approve or deny: the first click arms, the second decides. */
export function BallotBox({ id, armed, busy, onPress }: Properties) {
  const [comment, setComment] = useState('');
  const [minutes, setMinutes] = useState(0);
  const said = comment.trim() === '' ? {} : { comment: comment.trim() };
  const granted = minutes === 0 ? {} : { minutes };
  const given = { id, armed, busy };
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

const NAMES = { approve: 'Approve', deny: 'Deny' } as const;

type Given = Omit<Properties, 'onPress'> & { vote: Ballot['vote']; onPress: () => void };

function VoteButton({ id, vote, armed, busy, onPress }: Given) {
  const isArmed = armed === vote;
  return (
    <button
      type="button"
      class={`button vote ${vote}${isArmed ? ' armed' : ''}`}
      id={`${vote}-${id}`}
      disabled={busy}
      title={`${NAMES[vote]} (${vote[0]})`}
      // The second click of a double one, or a key that is held, is no second thought.
      onClick={(event) => event.detail < 2 && onPress()}
      onKeyDown={(event) => event.repeat && event.preventDefault()}
    >
      {isArmed ? `${NAMES[vote]}: press again` : NAMES[vote]}
    </button>
  );
}

/** The button itself has the focus then, and Enter presses it. */
export function focusVote(id: string, vote: Ballot['vote']): void {
  const button = document.getElementById(`${vote}-${id}`);
  button?.focus({ preventScroll: true });
  // Once all of it is shown.
  requestAnimationFrame(() => button?.scrollIntoView({ block: 'nearest' }));
}

function cardOf(element: Element): HTMLElement | null {
  return element.closest<HTMLElement>('[data-ask]');
}
