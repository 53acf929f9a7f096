import { useEffect, useState } from 'preact/hooks';
import type { Belongings, Offboarded } from '../api.ts';
import { count } from '../text/amount.ts';
import { Plain } from '../ui/plain.tsx';
import type { Offboarding } from './use-offboard.ts';

/** Ends all of it: by the name typed, and then a click. */
export function Ending({ found, state }: { found: Belongings; state: Offboarding }) {
  const [typed, setTyped] = useState('');
  const { users, sessions, approvals, logins } = found;
  const [name = ''] = users;
  const amount = sessions.length + approvals.length + logins.length;
  useEffect(() => setTyped(''), [state.done]);
  return (
    <section class="ending" aria-label="End it">
      {state.done !== null && <Outcome done={state.done} />}
      {amount === 0 && state.done === null && <p role="status">Nothing runs, waits or holds for them now.</p>}
      {amount > 0 && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (typed === name) state.end();
          }}
        >
          <label>
            <span>
              To end {count(sessions.length, 'session')}, {count(approvals.length, 'approval')} and{' '}
              {count(logins.length, 'login')} now, type{' '}
              <b>
                <Plain text={name} limit={256} />
              </b>
            </span>
            <input
              type="text"
              value={typed}
              autocomplete="off"
              autocapitalize="off"
              spellcheck={false}
              onInput={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          </label>
          <button type="submit" class="button end-all" disabled={typed !== name || state.busy === 'ending'}>
            {state.busy === 'ending' ? 'Ending …' : 'End it all'}
          </button>
        </form>
      )}
    </section>
  );
}

function Outcome({ done: { sessions, approvals, logins } }: { done: Offboarded }) {
  const still = sessions.filter(({ state }) => state !== 'ended');
  const ended = sessions.length - still.length;
  return (
    <div role="status">
      <p>
        <b>
          {count(ended, 'session')}, {count(approvals.length, 'approval')} and {count(logins.length, 'login')}{' '}
          have ended.
        </b>
      </p>
      {still.map(({ id, state }) => (
        <p class="alert bad" key={id}>
          <b>
            {state === 'told' ? 'Was told to end and has not yet' : 'Could not be reached'}: session {id}.
          </b>{' '}
          End its process where it runs.
        </p>
      ))}
    </div>
  );
}
