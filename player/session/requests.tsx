import { useMemo, useState } from 'preact/hooks';
import type { SessionSummary } from '../api.ts';
import { Notice, Problem, Stale } from '../ui/notice.tsx';
import { SearchInput } from '../ui/search-input.tsx';
import { type ApiRequest, before, hasFailed, isWrite } from './request.ts';
import { RequestRow } from './request-row.tsx';
import { useRequests } from './use-requests.ts';

type Filter = 'all' | 'refused' | 'unjudged' | 'writes' | 'failed';

const FILTERS: Record<Filter, { name: string; holds: (request: ApiRequest) => boolean }> = {
  all: { name: 'All', holds: () => true },
  refused: { name: 'Refused', holds: ({ verdict }) => verdict === 'refused' },
  unjudged: { name: 'Unjudged', holds: ({ verdict }) => verdict === 'unjudged' },
  writes: { name: 'Changes', holds: isWrite },
  failed: { name: 'Failed', holds: hasFailed },
};
const CHOICES = Object.keys(FILTERS) as Filter[];

/** Rows drawn at first, and added on demand. */
const CHUNK = 200;

/** What was asked of the Kubernetes API: one row a request, each of which opens to its bodies. */
export function Requests({ session }: { session: SessionSummary }) {
  const { requests, loaded, error } = useRequests(session);
  const [filter, setFilter] = useState<Filter>('all');
  const [words, setWords] = useState('');
  const [open, setOpen] = useState<string | null>(null);
  const [drawn, setDrawn] = useState(CHUNK);
  const shown = useMemo(() => requests.filter(matching(filter, words)), [requests, filter, words]);

  if (error !== null && !loaded) return <Problem error={error} />;
  if (loaded && requests.length === 0) return <NoRequests session={session} />;
  return (
    <section class="requests" aria-label="Requests to the Kubernetes API">
      <div class="filters">
        <SearchInput
          label="Filter requests"
          value={words}
          onChange={setWords}
          onEscape={(input) => {
            setWords('');
            input.blur();
          }}
        />
        <fieldset class="choices" aria-label="Which requests">
          {CHOICES.map((choice) => (
            <Choice
              key={choice}
              choice={choice}
              chosen={filter}
              amount={requests.filter(FILTERS[choice].holds).length}
              onChoose={setFilter}
            />
          ))}
        </fieldset>
      </div>
      {error !== null && <Stale error={error} />}
      {loaded && shown.length === 0 && <p class="none">No request matches.</p>}
      <ol class="request-rows">
        {shown.slice(0, drawn).map((request) => (
          <RequestRow
            key={request.id}
            session={session.id}
            request={request}
            former={before(requests, request)}
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

interface ChoiceProperties {
  choice: Filter;
  chosen: Filter;
  amount: number;
  onChoose: (filter: Filter) => void;
}

function Choice({ choice, chosen, amount, onChoose }: ChoiceProperties) {
  return (
    <button
      type="button"
      class={`choice ${choice}`}
      aria-pressed={chosen === choice}
      disabled={amount === 0 && choice !== 'all'}
      onClick={() => onChoose(choice)}
    >
      {FILTERS[choice].name} <span class="count">{amount.toLocaleString('en-GB')}</span>
    </button>
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
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return (request) => {
    const { method, text, rule, client, end } = request;
    const all = `${method} ${text} ${rule} ${client} ${end?.status ?? ''}`.toLowerCase();
    return FILTERS[filter].holds(request) && wanted.every((word) => all.includes(word));
  };
}
