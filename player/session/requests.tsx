import { useMemo, useState } from 'preact/hooks';
import type { SessionSummary } from '../api.ts';
import { Notice, Problem } from '../ui/notice.tsx';
import { holding, ListHead } from './list-head.tsx';
import { type ApiRequest, before, hasFailed, isWrite } from './request.ts';
import { RequestRow } from './request-row.tsx';
import { useRequests } from './use-requests.ts';

type Filter = 'all' | 'refused' | 'unjudged' | 'writes' | 'failed';

const FILTERS: readonly { value: Filter; name: string; holds: (request: ApiRequest) => boolean }[] = [
  { value: 'all', name: 'All', holds: () => true },
  { value: 'refused', name: 'Refused', holds: ({ verdict }) => verdict === 'refused' },
  { value: 'unjudged', name: 'Unjudged', holds: ({ verdict }) => verdict === 'unjudged' },
  { value: 'writes', name: 'Changes', holds: isWrite },
  { value: 'failed', name: 'Failed', holds: hasFailed },
];

/** Rows drawn at first, and added on demand. */
const CHUNK = 200;

/** What was asked of the Kubernetes API: one row a request, each of which opens to its bodies. */
export function Requests({ session }: { session: SessionSummary }) {
  const { items: requests, loaded, error } = useRequests(session);
  const [filter, setFilter] = useState<Filter>('all');
  const [words, setWords] = useState('');
  const [open, setOpen] = useState<string | null>(null);
  const [drawn, setDrawn] = useState(CHUNK);
  const shown = useMemo(() => requests.filter(matching(filter, words)), [requests, filter, words]);
  const choices = useMemo(
    () => FILTERS.map(({ value, name, holds }) => ({ value, name, amount: requests.filter(holds).length })),
    [requests],
  );

  if (error !== null && !loaded) return <Problem error={error} />;
  if (loaded && requests.length === 0) return <NoRequests session={session} />;
  return (
    <section class="requests" aria-label="Requests to the Kubernetes API">
      <ListHead
        noun="requests"
        words={words}
        onWords={setWords}
        choices={choices}
        chosen={filter}
        onChoose={setFilter}
        error={error}
        empty={loaded && shown.length === 0}
      />
      <ol class="request-rows">
        {shown.slice(0, drawn).map((request) => (
          <RequestRow
            key={request.id}
            session={session.id}
            request={request}
            former={request.id === open ? before(requests, request) : null}
            open={request.id === open}
            onToggle={() => setOpen(request.id === open ? null : request.id)}
          />
        ))}
      </ol>
      {shown.length > drawn && (
        <button type="button" class="button more" onClick={() => setDrawn(drawn + CHUNK)}>
          {(shown.length - drawn).toLocaleString('en-GB')} more
        </button>
      )}
    </section>
  );
}

function NoRequests({ session }: { session: SessionSummary }) {
  return (
    <Notice title="No requests">
      <p>
        {session.state === 'live'
          ? 'Nothing was asked of the Kubernetes API so far.'
          : 'Nothing was asked of the Kubernetes API.'}
      </p>
    </Notice>
  );
}

function matching(filter: Filter, words: string): (request: ApiRequest) => boolean {
  const { holds } = FILTERS.find(({ value }) => value === filter)!;
  const holdsWords = holding(words);
  return (request) => {
    const { method, text, rule, client, end } = request;
    return holds(request) && holdsWords(`${method} ${text} ${rule} ${client} ${end?.status ?? ''}`);
  };
}
