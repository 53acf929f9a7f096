import { useState } from 'preact/hooks';
import { useNow } from '../ui/use-now.ts';
import { passesUntil } from './asks.ts';
import type { Decisions } from './decisions.ts';
import { PastRow } from './past.tsx';
import type { AskList } from './use-asks.ts';

interface Properties {
  over: AskList['over'];
  /** The request that the address names. */
  id: string | null;
  decisions: Decisions;
  onSession: (id: string) => void;
}

/** Rows drawn at first, and added on demand. */
const CHUNK = 50;

/** What still passes comes first, then the latest. */
export function Decided({ over, id, decisions, onSession }: Properties) {
  const now = useNow(1000);
  const [drawn, setDrawn] = useState(CHUNK);
  if (over.length === 0) return null;
  const granted = over.filter((view) => passesUntil(view, now.getTime() * 1000) !== null);
  const rest = over.filter((view) => !granted.includes(view));
  const named = rest.findIndex((view) => view.id === id);
  const shown = rest.slice(0, Math.max(drawn, named + 1));
  const sections = [
    { name: 'Still passes', views: granted },
    { name: 'Decided lately', views: shown },
  ];
  return (
    <>
      {sections.map(
        ({ name, views }) =>
          views.length > 0 && (
            <section class="decided" key={name} aria-label={name}>
              <h2>{name}</h2>
              <ol>
                {views.map((view) => (
                  <PastRow
                    key={view.id}
                    view={view}
                    now={now}
                    opened={view.id === id}
                    busy={decisions.busy.has(view.id)}
                    refusal={decisions.refusals.get(view.id) ?? null}
                    onRevoke={() => decisions.revoke(view.id)}
                    onSession={onSession}
                  />
                ))}
              </ol>
            </section>
          ),
      )}
      {rest.length > shown.length && (
        <button type="button" class="button more" onClick={() => setDrawn(shown.length + CHUNK)}>
          {(rest.length - shown.length).toLocaleString('en-GB')} more
        </button>
      )}
    </>
  );
}
