import { useEffect, useRef, useState } from 'preact/hooks';
import type { RequestEffect } from '../../recorder/audit/request.ts';
import { effectText } from '../../recorder/export/effect.ts';
import { objectDiff } from '../../recorder/export/line-diff.ts';
import { type AskedEffect, getAskedEffect } from '../api.ts';
import { Changes } from '../session/exchange.tsx';
import { Plain } from '../ui/plain.tsx';

/** Names of a collection that are shown. */
const MOST_NAMES = 100;

/** What the request would do, fetched when it comes into view. */
export function Would({ id, effect }: { id: string; effect: RequestEffect }) {
  const place = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState<AskedEffect | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const detailed = effect.kind === 'change' || effect.kind === 'deletion' || effect.kind === 'collection';
  const wanted = detailed && !('withheld' in effect);

  useEffect(() => {
    if (!wanted || place.current === null) return;
    const abort = new AbortController();
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      getAskedEffect(id, abort.signal).then(
        setShown,
        (failure: Error) => abort.signal.aborted || setError(failure),
      );
    });
    observer.observe(place.current);
    return () => {
      observer.disconnect();
      abort.abort();
    };
  }, [id, wanted]);

  return (
    <div class="would" ref={place}>
      <p class={effect.kind === 'unknown' ? 'alert' : 'effect'}>
        <Plain text={effectText(effect)} limit={1000} />
      </p>
      {error !== null && (
        <p class="alert" role="alert">
          <Plain text={error.message} limit={500} />
        </p>
      )}
      {shown !== null && <Shown shown={shown} />}
    </div>
  );
}

function Shown({ shown }: { shown: AskedEffect }) {
  if ('names' in shown)
    return (
      <ul class="names" aria-label="Objects that it hits">
        {shown.names.slice(0, MOST_NAMES).map((name) => (
          <li key={name}>
            <Plain text={name} limit={253} />
          </li>
        ))}
        {shown.names.length > MOST_NAMES && <li>… chaperone approvals show names all of them.</li>}
      </ul>
    );
  const lines = objectDiff(shown.before, shown.after);
  if (lines === null) return <p class="dim">It is too long to be compared here: chaperone approvals show.</p>;
  return <Changes lines={lines} title={shown.after === null ? 'Would be deleted' : 'Would change'} />;
}
