import { askedText, sessionTitle } from '../../recorder/export/labels.ts';
import type { Belongings } from '../api.ts';
import { approvalsPath, sessionPath } from '../router.ts';
import { Plain } from '../ui/plain.tsx';
import { Place } from './place.tsx';

interface Properties {
  found: Belongings;
  onOpen: (path: string) => void;
}

/** What runs, waits and holds for them now. */
export function Held({ found: { sessions, approvals, logins }, onOpen }: Properties) {
  return (
    <div class="held">
      <section aria-label="Running sessions">
        <h2>Running sessions: {sessions.length}</h2>
        <ul>
          {sessions.map((session) => (
            <li key={session.id}>
              <Place path={sessionPath(session.id)} onOpen={onOpen}>
                <Plain text={sessionTitle(session)} limit={100} />
              </Place>{' '}
              <span class="dim">
                on <Plain text={session.host} limit={60} />
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section aria-label="Approvals">
        <h2>Approvals: {approvals.length}</h2>
        <ul>
          {approvals.map(({ id, asked, state, user }) => (
            <li key={id}>
              <Place path={approvalsPath(id)} onOpen={onOpen}>
                <Plain text={askedText(asked)} limit={100} />
              </Place>{' '}
              <span class="dim">
                {state}, for <Plain text={user} limit={60} />
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section aria-label="Logins">
        <h2>Logins: {logins.length}</h2>
        <ul>
          {logins.map((name) => (
            <li key={name}>
              <Plain text={name} limit={60} />
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
