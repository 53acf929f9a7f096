import { useEffect, useRef, useState } from 'preact/hooks';
import type { Blame } from '../../recorder/attribution/chain.ts';
import { askBlame } from '../api.ts';
import { Problem } from '../ui/notice.tsx';
import { ChainView } from './chain.tsx';

/** Asks, when somebody wants to know, which AI request is behind an event: who asked is recorded. */
export function Behind({ session, seq }: { session: string; seq: number }) {
  const [found, setFound] = useState<Blame | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [asked, setAsked] = useState(false);
  const place = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!asked) return;
    const abort = new AbortController();
    askBlame({ kind: 'event', session, seq }, abort.signal).then(setFound, (failure: Error) => {
      if (!abort.signal.aborted) setError(failure);
    });
    return () => abort.abort();
  }, [asked, session, seq]);

  // The button that was pressed is gone: who uses the keyboard goes on at the answer.
  useEffect(() => {
    if (found !== null) place.current?.focus();
  }, [found]);

  if (error !== null)
    return (
      <Problem
        error={error}
        retry={() => {
          setError(null);
          setAsked(false);
        }}
      />
    );
  if (found === null)
    return (
      <p class="exchange-ask">
        <button type="button" class="button" disabled={asked} onClick={() => setAsked(true)}>
          Which AI request did this?
        </button>
      </p>
    );
  return (
    <div class="behind" ref={place} tabIndex={-1}>
      {found.chains.length === 0 && <p class="none">Nothing is known of it.</p>}
      {found.chains.map((chain) => (
        <ChainView key={chain.at} chain={chain} />
      ))}
    </div>
  );
}
