import { sessionPath } from '../router.ts';
import { position } from '../text/time.ts';
import { visibleText } from '../text/visible.ts';
import { Plain } from '../ui/plain.tsx';
import { Exchange } from './exchange.tsx';
import type { ApiRequest } from './request.ts';
import { Why } from './why.tsx';

interface Properties {
  session: string;
  request: ApiRequest;
  /** An earlier one whose answer shows the object as it was. */
  former: ApiRequest | null;
  open: boolean;
  onToggle: () => void;
}

/** One request: when, what, on what, and how it went. It opens to what was sent and answered. */
export function RequestRow({ session, request, former, open, onToggle }: Properties) {
  const { id, verb, what, place, verdict, time, dryRun, opens, repeats } = request;
  return (
    <li class={`row request ${verdict}`}>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={`exchange-${id}`}
        title={visibleText(`${request.method} ${request.uri}`, 1000)}
        onClick={onToggle}
      >
        <span class="at">{position(time)}</span>
        <span class={`verb ${verb}`}>{visibleText(verb, 40)}</span>
        <span class="object">
          <b>
            <Plain text={what} limit={200} />
          </b>{' '}
          <Plain text={place} limit={300} />
          {dryRun && <span class="badge">dry run</span>}
          {repeats && <span class="badge">again over SPDY</span>}
        </span>
        <How request={request} />
        <Why judged={request} />
        <Failure request={request} />
      </button>
      {opens !== null && verdict !== 'refused' && (
        <a class="opens" href={sessionPath(opens)}>
          Open its session
        </a>
      )}
      <div id={`exchange-${id}`} hidden={!open}>
        {open && <Exchange session={session} request={request} former={former} />}
      </div>
    </li>
  );
}

/** The status, or what became of it instead. */
function How({ request: { end, verdict } }: { request: ApiRequest }) {
  // What the server refused in a dry run, nobody was asked about.
  if (verdict === 'refused' && end?.outcome !== 'answered') return <span class="how bad">refused</span>;
  if (end === null) return <span class="how">…</span>;
  const text = end.outcome === 'answered' ? String(end.status) : end.outcome;
  const bad = end.outcome === 'failed' || end.status >= 400;
  return <span class={bad ? 'how bad' : 'how'}>{text}</span>;
}

/** What went wrong though it was allowed. */
function Failure({ request: { verdict, end } }: { request: ApiRequest }) {
  if (verdict !== 'allowed' || end?.outcome !== 'failed' || end.error === '') return null;
  return (
    <span class="why">
      <Plain text={end.error} limit={300} />
    </span>
  );
}
