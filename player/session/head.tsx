import type { ComponentChildren } from 'preact';
import type { SessionSummary } from '../api.ts';
import { onPage, sessionPath } from '../router.ts';
import { isShellHere, lengthOf, titleOf } from '../text/session.ts';
import { dateTime, duration, fullTime, toDate } from '../text/time.ts';
import { visibleText } from '../text/visible.ts';
import { RefusedBadge, StateBadge, UnjudgedBadge } from '../ui/badges.tsx';
import { Icon } from '../ui/icon.tsx';
import { Plain } from '../ui/plain.tsx';
import { useNow } from '../ui/use-now.ts';
import { Downloads } from './downloads.tsx';
import { EvidenceAlert, EvidenceButton, useVerification } from './evidence.tsx';

interface Properties {
  session: SessionSummary;
  older: SessionSummary | null;
  newer: SessionSummary | null;
  onOpen: (session: SessionSummary) => void;
  onHome: () => void;
  /** What is wrong, below. */
  children?: ComponentChildren;
}

/** What the session is, in two lines, and what can be done with it as a whole. */
export function SessionHead({ session, older, newer, onOpen, onHome, children }: Properties) {
  const { identity, host, cwd, startedAt } = session;
  const verification = useVerification(session.id);
  return (
    <div class="session-head">
      <a class="button quiet back" href="/" title="All sessions (u)" onClick={onPage(onHome)}>
        <Icon name="previous" />
        <span class="sr">All sessions</span>
      </a>
      <div class="title">
        <h1>
          <code>
            <Plain text={titleOf(session)} limit={300} />
          </code>
          <StateBadge session={session} />
          <Ending session={session} />
          <RefusedBadge amount={session.refused} />
          <UnjudgedBadge amount={session.unjudged} />
        </h1>
        <p class="facts">
          <b>
            <Plain text={identity.user} limit={80} />
          </b>
          <span>
            <Plain text={host} limit={80} />
          </span>
          {isShellHere(session) && (
            <span class="cwd">
              <Plain text={cwd} limit={200} />
            </span>
          )}
          <time dateTime={toDate(startedAt).toISOString()} title={fullTime(startedAt)}>
            {dateTime(startedAt)}
          </time>
          <Length session={session} />
        </p>
      </div>
      <div class="actions">
        <EvidenceButton verification={verification} />
        <Downloads id={session.id} />
        <span class="pair">
          <Neighbour session={newer} name="Newer session" keyName="K" icon="up" onOpen={onOpen} />
          <Neighbour session={older} name="Older session" keyName="J" icon="down" onOpen={onOpen} />
        </span>
      </div>
      <EvidenceAlert verification={verification} />
      {children}
    </div>
  );
}

function Length({ session }: { session: SessionSummary }) {
  const now = useNow(session.state === 'live' ? 1000 : 3_600_000);
  return <span>{duration(lengthOf(session, now))}</span>;
}

/** How it ended, where that says something. */
function Ending({ session }: { session: SessionSummary }) {
  const { state, status, error } = session;
  if (state !== 'ended' || status === undefined || status === 0) return null;
  return (
    <span class="badge" title={error === undefined ? undefined : visibleText(error, 500)}>
      exit {status}
    </span>
  );
}

interface NeighbourProperties {
  session: SessionSummary | null;
  name: string;
  keyName: string;
  icon: 'up' | 'down';
  onOpen: (session: SessionSummary) => void;
}

function Neighbour({ session, name, keyName, icon, onOpen }: NeighbourProperties) {
  const label = (
    <>
      <Icon name={icon} />
      <span class="sr">{name}</span>
    </>
  );
  if (session === null) {
    return (
      <button type="button" class="button quiet" disabled title={`${name} (${keyName})`}>
        {label}
      </button>
    );
  }
  const open = onPage(() => onOpen(session));
  return (
    <a class="button quiet" href={sessionPath(session.id)} title={`${name} (${keyName})`} onClick={open}>
      {label}
    </a>
  );
}
