import { useEffect, useState } from 'preact/hooks';
import { type Line, SIGNS } from '../../recorder/export/line-diff.ts';
import { type Bodies, getBodies } from '../api.ts';
import { Behind } from '../blame/behind.tsx';
import { tryPath } from '../router.ts';
import { Fact } from '../ui/fact.tsx';
import { Problem } from '../ui/notice.tsx';
import { Plain } from '../ui/plain.tsx';
import { Body } from './body.tsx';
import { changedLines } from './object-text.ts';
import { type ApiRequest, isWrite } from './request.ts';

interface Properties {
  session: string;
  request: ApiRequest;
  former: ApiRequest | null;
}

interface Loaded {
  bodies: Bodies;
  /** The object before, where it is known. */
  former: Bodies | null;
}

/** What was sent and what was answered, and for a change what is different now. */
export function Exchange({ session, request, former }: Properties) {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [error, setError] = useState<Error | null>(null);

  useEffect(() => {
    const abort = new AbortController();
    const fetchOne = ({ id, seq }: ApiRequest) =>
      getBodies(session, { request: id, from: seq }, abort.signal);
    Promise.all([fetchOne(request), former === null ? null : fetchOne(former)]).then(
      ([bodies, before]) => setLoaded({ bodies, former: before }),
      (failure: Error) => abort.signal.aborted || setError(failure),
    );
    return () => abort.abort();
  }, [request.id, request.end !== null]);

  return (
    <div class="exchange">
      <dl class="exchange-facts">
        <Fact name="Request" text={`${request.method} ${request.uri}`} />
        <Fact name="Client" text={request.client} />
        <Fact name="Rule" text={`${request.rule}: ${request.reason}`} />
        <Fact name="Audit-ID" text={request.id} />
        {request.end !== null && <Fact name="Took" text={`${(request.end.micros / 1000).toFixed(1)} ms`} />}
        <Fact name="Error" text={request.end?.error ?? ''} />
      </dl>
      <p class="exchange-ask">
        <a href={tryPath({ text: `${request.method} ${request.uri}`, cwd: '', session })}>
          Ask the policy about it
        </a>{' '}
        <span class="dim">as it is in force now, and without the body</span>
      </p>
      {(isWrite(request) || request.opens !== null) && <Behind session={session} seq={request.seq} />}
      {error !== null && <Problem error={error} />}
      {loaded !== null && <Contents request={request} loaded={loaded} />}
    </div>
  );
}

function Contents({ request, loaded }: { request: ApiRequest; loaded: Loaded }) {
  const { bodies, former } = loaded;
  const answer = request.end?.answer ?? null;
  const changes =
    former === null || request.end?.status !== 200 ? null : changedLines(former.answer, bodies.answer);
  return (
    <>
      {bodies.removed && <p class="alert">Some of it was removed by retention.</p>}
      {changes !== null && <Changes lines={changes} />}
      {request.sent !== null && <Body name="Sent" summary={request.sent} content={bodies.request} />}
      {answer !== null && <Body name="Answered" summary={answer} content={bodies.answer} />}
    </>
  );
}

/** What is different between two objects. */
export function Changes({ lines, title = 'Changed' }: { lines: readonly Line[]; title?: string }) {
  return (
    <section class="body" aria-label="What changed">
      <h3>{title}</h3>
      {lines.length === 0 ? (
        <p class="none">Nothing but what the server keeps for itself.</p>
      ) : (
        <pre class="diff">
          {lines.map(({ kind, text }, index) => (
            <span class={kind} key={index}>
              <Plain text={`${SIGNS[kind]} ${text}`} limit={500} />
              {'\n'}
            </span>
          ))}
        </pre>
      )}
    </section>
  );
}
