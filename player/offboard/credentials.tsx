import type { Credential } from '../../recorder/offboard/credential.ts';
import { sessionPath } from '../router.ts';
import { dateTime } from '../text/time.ts';
import { Plain } from '../ui/plain.tsx';
import { Place } from './place.tsx';

const KINDS: Record<Credential['kind'], string> = {
  secret: 'Secret',
  token: 'Token',
  certificate: 'Certificate',
  file: 'File',
  variable: 'Variable',
  pod: 'Pod',
  cluster: 'Cluster',
};

interface Properties {
  title: string;
  credentials: readonly Credential[];
  onOpen: (path: string) => void;
}

/** Rows drawn at most: what comes behind is for the command line. */
const MOST = 500;

/** Each with the events that show it. */
export function CredentialList({ title, credentials, onOpen }: Properties) {
  if (credentials.length === 0) return null;
  return (
    <section class="credentials" aria-label={title}>
      <h2>{title}</h2>
      <ul>
        {credentials.slice(0, MOST).map((credential) => (
          <Row
            key={`${credential.kind} ${credential.where} ${credential.name}`}
            credential={credential}
            onOpen={onOpen}
          />
        ))}
      </ul>
      {credentials.length > MOST && (
        <p class="dim">
          {(credentials.length - MOST).toLocaleString('en-GB')} more: <code>chaperone offboard --json</code>
        </p>
      )}
    </section>
  );
}

function Row({ credential, onOpen }: { credential: Credential; onOpen: Properties['onOpen'] }) {
  const { kind, name, where, verdict, why, count, uses } = credential;
  const more = count - uses.length;
  return (
    <li class={verdict}>
      <p>
        <span class="kind">{KINDS[kind]}</span>{' '}
        <code>
          <Plain text={name} limit={300} />
        </code>
        {where !== '' && (
          <span class="dim">
            {' '}
            on <Plain text={where} limit={100} />
          </span>
        )}
      </p>
      <p class="why">{why}</p>
      <ol>
        {uses.map(({ session, seq, at, into, what }) => (
          <li key={`${session} ${seq}`}>
            <Place
              path={sessionPath(session, into / 1e6)}
              title={`Event ${seq} of session ${session}`}
              onOpen={onOpen}
            >
              {dateTime(at)}
            </Place>{' '}
            <code>
              <Plain text={what} limit={200} />
            </code>
          </li>
        ))}
        {more > 0 && <li class="dim">and {more.toLocaleString('en-GB')} times more</li>}
      </ol>
    </li>
  );
}
