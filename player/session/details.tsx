import type { ComponentChildren } from 'preact';
import type { SessionSummary } from '../api.ts';
import { sessionPath } from '../router.ts';
import { byteCount } from '../text/bytes.ts';
import { commandText } from '../text/command.ts';
import { fullTime } from '../text/time.ts';
import { Plain } from '../ui/plain.tsx';
import { Transfers } from './transfers.tsx';
import { useStart } from './use-session.ts';

/** What an attribution rests on, in words. */
const PROOFS: Record<SessionSummary['identity']['proof'], string> = {
  signed: 'a signed token',
  hook: 'the word of a Cursor hook',
  claimed: 'the process’s own claim',
};

/** Everything that is known of the session as a whole. */
export function Details({ session }: { session: SessionSummary }) {
  const { identity, terminal } = session;
  const start = useStart(session.id);
  return (
    <dl class="details">
      <Fact name="Session">{session.id}</Fact>
      <Fact name="User">
        <Plain text={identity.user} />
      </Fact>
      <Fact name="Known by">{PROOFS[identity.proof]}</Fact>
      <Fact name="Groups">
        <Plain text={identity.groups.join(', ')} />
      </Fact>
      {identity.pod !== undefined && (
        <>
          <Fact name="Pod">
            <Plain text={`${identity.pod.namespace}/${identity.pod.name}`} />
          </Fact>
          <Fact name="Service account">
            <Plain text={identity.pod.serviceAccount} />
          </Fact>
        </>
      )}
      <Fact name="Conversation">
        <Plain text={identity.conversation ?? ''} />
      </Fact>
      <Fact name="Generation">
        <Plain text={identity.generation ?? ''} />
      </Fact>
      <Fact name="Host">
        <Plain text={session.host} />
      </Fact>
      <Fact name="Command">
        <Plain text={commandText(session.command)} />
      </Fact>
      <Fact name="Directory">
        <Plain text={session.cwd} />
      </Fact>
      {session.entrance?.kind === 'remote' && (
        <>
          <Fact name="Container">
            <Plain text={session.entrance.container} />
          </Fact>
          <Fact name="Opened by">
            <a href={sessionPath(session.entrance.origin.session)}>
              request {session.entrance.origin.request}
            </a>
          </Fact>
        </>
      )}
      <Fact name="Started">{fullTime(session.startedAt)}</Fact>
      <Fact name={session.state === 'live' ? 'Last event' : 'Ended'}>{fullTime(session.lastAt)}</Fact>
      <Fact name="Exit status">{session.status ?? ''}</Fact>
      <Fact name="Error">
        <Plain text={session.error ?? ''} />
      </Fact>
      <Fact name="Terminal">
        {terminal === undefined ? (
          'none: pipes'
        ) : (
          <Plain text={`${terminal.cols} × ${terminal.rows}, ${terminal.term}`} />
        )}
      </Fact>
      <Fact name="Output">{byteCount(session.outputBytes)}</Fact>
      <Fact name="Events">{session.events.toLocaleString('en-GB')}</Fact>
      {start !== null && (
        <>
          <Fact name="Policy">
            <Plain text={start.body.policy} />
          </Fact>
          <Fact name="Recorded by">
            <Plain text={`chaperone ${start.body.agent}`} />
          </Fact>
        </>
      )}
      <Transfers session={session} />
    </dl>
  );
}

/** A line of the list, unless there is nothing to say. */
function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  const empty = children === '' || (isPlain(children) && children.props.text === '');
  if (empty) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function isPlain(children: ComponentChildren): children is { props: { text: string } } & object {
  return typeof children === 'object' && children !== null && 'type' in children && children.type === Plain;
}
