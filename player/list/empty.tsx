import { Notice } from '../ui/notice.tsx';
import { Plain } from '../ui/plain.tsx';

/** Nothing to show: either nothing matches, or nothing was recorded yet. */
export function Empty({ search, onSearch }: { search: string; onSearch: (search: string) => void }) {
  if (search !== '') {
    return (
      <Notice title="Nothing matches">
        <p>
          No session has a command, user or host with <q>{<Plain text={search} limit={100} />}</q>. Every word
          has to match.
        </p>
        <button type="button" class="button" onClick={() => onSearch('')}>
          Show all sessions
        </button>
      </Notice>
    );
  }
  return (
    <Notice title="No sessions yet">
      <p>Open a guarded shell, and its session appears here while it runs:</p>
      <pre class="snippet">
        <code>npx chaperone shell</code>
      </pre>
      <p>Or watch a short example being recorded:</p>
      <pre class="snippet">
        <code>npx chaperone demo</code>
      </pre>
    </Notice>
  );
}
