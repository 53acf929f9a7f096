import { useLayoutEffect, useState } from 'preact/hooks';
import type { Belongings } from '../api.ts';
import { count } from '../text/amount.ts';
import { Notice, Problem } from '../ui/notice.tsx';
import { Plain } from '../ui/plain.tsx';
import { showTitle } from '../ui/title.ts';
import { CredentialList } from './credentials.tsx';
import { Ending } from './ending.tsx';
import { Held } from './held.tsx';
import { useOffboard } from './use-offboard.ts';

interface Properties {
  /** Names of one person, as the address has them. */
  users: readonly string[];
  onUsers: (users: readonly string[]) => void;
  onOpen: (path: string) => void;
}

/** Somebody leaves: what they have, its end, and what their agents got hold of. */
export function OffboardPage({ users, onUsers, onOpen }: Properties) {
  const state = useOffboard(users);
  const { found, busy, error } = state;
  useLayoutEffect(() => {
    showTitle('Offboard');
    scrollTo(0, 0);
  }, []);
  return (
    <main class="list-page offboard-page">
      <h1>Somebody leaves</h1>
      <p class="dim">
        A look at all that runs for a person, and at what their agents got hold of. It changes nothing before
        you say so.
      </p>
      <Names key={users.join(' ')} users={users} onUsers={onUsers} />
      {error !== null && <Problem error={error} />}
      {busy === 'looking' && found === null && <p role="status">Reading their sessions …</p>}
      {found !== null && (
        <>
          <Ending found={found} state={state} />
          <Held found={found} onOpen={onOpen} />
          <Credentials found={found} onOpen={onOpen} />
        </>
      )}
    </main>
  );
}

/** Ten at most, as the recorder takes them; separated by spaces or commas. */
function Names({ users, onUsers }: Pick<Properties, 'users' | 'onUsers'>) {
  const [text, setText] = useState(users.join(' '));
  const names = [...new Set(text.split(/[\s,]+/).filter(Boolean))].slice(0, 10);
  return (
    <form
      class="names"
      onSubmit={(event) => {
        event.preventDefault();
        onUsers(names);
      }}
    >
      <label>
        <span>Every name that they have here: of the machine, of the provider</span>
        <input
          type="text"
          value={text}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder="USER USER@example.com"
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <button type="submit" class="button" disabled={names.length === 0}>
        Look
      </button>
    </form>
  );
}

function Credentials({ found, onOpen }: { found: Belongings; onOpen: Properties['onOpen'] }) {
  const { credentials, read, overflow } = found;
  const rotate = credentials.filter(({ verdict }) => verdict === 'rotate');
  const check = credentials.filter(({ verdict }) => verdict === 'check');
  if (credentials.length === 0)
    return (
      <Notice title="No credential is known">
        <p>
          Nothing in {count(read, 'session')} of <Plain text={found.users.join(', ')} limit={200} /> shows
          that an agent of theirs read or used one.
        </p>
      </Notice>
    );
  return (
    <>
      <CredentialList title={`To rotate: ${rotate.length}`} credentials={rotate} onOpen={onOpen} />
      <CredentialList title={`To check: ${check.length}`} credentials={check} onOpen={onOpen} />
      <p class="dim">
        Told from {count(read, 'session')}.{overflow && ' There are more than are listed here.'}
      </p>
    </>
  );
}
