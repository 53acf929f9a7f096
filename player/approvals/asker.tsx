import type { ApprovalView } from '../api.ts';
import { onPage, sessionPath } from '../router.ts';
import { fullTime } from '../text/time.ts';
import { Fact } from '../ui/fact.tsx';
import { Plain } from '../ui/plain.tsx';

/** What an attribution rests on, in words. */
const PROOFS: Record<ApprovalView['requester']['proof'], string> = {
  signed: 'by a signed token',
  hook: 'by the word of a Cursor hook',
  claimed: 'as it claims itself',
};

interface Properties {
  view: ApprovalView;
  onSession: (id: string) => void;
}

/** Who asks, and why a person is asked. */
export function Asker({ view, onSession }: Properties) {
  const { requester, rule, reason, session, requestedAt, terms, votes } = view;
  const { pod } = requester;
  return (
    <dl class="ask-facts">
      <Fact name="Who">
        <b>
          <Plain text={requester.user} limit={200} />
        </b>{' '}
        <span class="dim">{PROOFS[requester.proof]}</span>
      </Fact>
      <Fact name="For" text={(requester.humans ?? []).join(', ')} />
      <Fact name="Pod" text={pod === undefined ? '' : `${pod.namespace}/${pod.name}`} />
      <Fact name="Conversation" text={requester.conversation ?? ''} />
      <Fact name="Why">
        <Plain text={reason} limit={1000} />{' '}
        <code class="dim">
          <Plain text={rule} limit={200} />
        </code>
      </Fact>
      <Fact name="Session">
        <a href={sessionPath(session)} onClick={onPage(() => onSession(session))}>
          {session}
        </a>
      </Fact>
      <Fact name="Asked" text={fullTime(requestedAt)} />
      {terms.groups.length > 0 && <Fact name="Decided by" text={terms.groups.join(', ')} />}
      {(terms.quorum > 1 || votes.length > 0) && (
        <Fact name="Votes">
          {votes.filter(({ vote }) => vote === 'approve').length} of {terms.quorum}
          {terms.unproven === true && (
            <span class="dim"> one more than the rule asks: nothing proves which person asks</span>
          )}
          {votes.map(({ user, vote, comment }, index) => (
            <span class="vote" key={index}>
              <Plain text={`${user}: ${vote}${comment === undefined ? '' : ` (${comment})`}`} limit={1200} />
            </span>
          ))}
        </Fact>
      )}
    </dl>
  );
}
