import type { SessionSummary } from '../../recorder/log/ports.ts';
import { onPage, sessionPath } from '../router.ts';
import { amountsOf, isShellHere, lengthOf, titleOf } from '../text/session.ts';
import { ago, clockTime, duration, fullTime, toDate } from '../text/time.ts';
import { RefusedBadge, StateBadge, UnjudgedBadge } from '../ui/badges.tsx';
import { Plain } from '../ui/plain.tsx';

interface Properties {
  session: SessionSummary;
  now: Date;
  current: boolean;
  onOpen: (session: SessionSummary) => void;
}

/** One session of the list. The whole row is the link. */
export function SessionRow({ session, now, current, onOpen }: Properties) {
  const { id, identity, host, cwd, startedAt } = session;
  const open = onPage(() => onOpen(session));
  return (
    <li class={session.refused > 0 ? 'session has-refusals' : 'session'}>
      <a href={sessionPath(id)} data-session={id} data-current={current || undefined} onClick={open}>
        <span class="what">
          <code class="command">
            <Plain text={titleOf(session)} limit={300} />
          </code>
          {isShellHere(session) && (
            <span class="where">
              <Plain text={cwd} limit={200} />
            </span>
          )}
        </span>
        <span class="who">
          <b>
            <Plain text={identity.user} limit={80} />
          </b>
          <span class="host">
            <Plain text={host} limit={80} />
          </span>
        </span>
        <span class="marks">
          <StateBadge session={session} />
          <RefusedBadge amount={session.refused} />
          <UnjudgedBadge amount={session.unjudged} />
        </span>
        <span class="amount">
          {amountsOf(session).map((amount) => (
            <span key={amount}>{amount} </span>
          ))}
        </span>
        <span class="length">{duration(lengthOf(session, now))}</span>
        <time class="when" dateTime={toDate(startedAt).toISOString()} title={fullTime(startedAt)}>
          <b>{clockTime(startedAt)}</b> <span>{ago(startedAt, now)}</span>
        </time>
      </a>
    </li>
  );
}
