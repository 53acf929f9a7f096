import { AGENTS } from '../../recorder/export/labels.ts';
import type { SessionSummary } from '../api.ts';
import { sessionPath } from '../router.ts';
import { byteCount } from '../text/amount.ts';
import { commandText } from '../text/command.ts';
import { fullTime } from '../text/time.ts';
import { Fact } from '../ui/fact.tsx';
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
  const { identity } = session;
  const start = useStart(session.id);
  return (
    <dl class="details">
      <Fact name="Session" text={session.id} />
      <Fact name="User" text={identity.user} />
      <Fact name="Known by" text={PROOFS[identity.proof]} />
      <Fact name="Groups" text={identity.groups.join(', ')} />
      {identity.pod !== undefined && (
        <>
          <Fact name="Pod" text={`${identity.pod.namespace}/${identity.pod.name}`} />
          <Fact name="Service account" text={identity.pod.serviceAccount} />
        </>
      )}
      <Fact name="Conversation" text={identity.conversation ?? ''} />
      <Fact name="Generation" text={identity.generation ?? ''} />
      <Fact name="Host" text={session.host} />
      <Fact name="Command" text={commandText(session.command)} />
      <Fact name="Directory" text={session.cwd} />
      {session.entrance?.kind === 'remote' && (
        <>
          <Fact name="Container" text={session.entrance.container} />
          <Fact name="Opened by">
            <a href={sessionPath(session.entrance.origin.session)}>
              request {session.entrance.origin.request}
            </a>
          </Fact>
        </>
      )}
      {session.entrance?.kind === 'launcher' && (
        <>
          <Fact name="Shell" text={`${session.entrance.shell}, process ${session.entrance.pid}`} />
          <Fact name="Started by" text={session.entrance.parent} />
          {session.entrance.wrapper !== undefined && (
            <Fact name="Wrapper of" text={AGENTS[session.entrance.wrapper.agent]} />
          )}
        </>
      )}
      <Fact name="Started" text={fullTime(session.startedAt)} />
      <Fact name={session.state === 'live' ? 'Last event' : 'Ended'} text={fullTime(session.lastAt)} />
      <Fact name="Exit status" text={String(session.status ?? '')} />
      <Fact name="Error" text={session.error ?? ''} />
      {session.entrance?.kind !== 'api' && (
        <>
          <Fact name="Terminal" text={terminalText(session)} />
          <Fact name="Output" text={byteCount(session.outputBytes)} />
        </>
      )}
      <Fact name="Events" text={session.events.toLocaleString('en-GB')} />
      {start !== null && (
        <>
          <Fact name="Policy" text={start.body.policy} />
          <Fact name="Recorded by" text={`chaperone ${start.body.agent}`} />
        </>
      )}
      <Transfers session={session} />
    </dl>
  );
}

function terminalText({ terminal }: SessionSummary): string {
  return terminal === undefined ? 'none: pipes' : `${terminal.cols} × ${terminal.rows}, ${terminal.term}`;
}
