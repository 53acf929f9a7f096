import { useEffect, useRef, useState } from 'preact/hooks';
import type { SessionSummary } from '../api.ts';
import { useWaiting, waitsFor } from '../approvals/waiting.ts';
import { Findings } from '../blame/findings.tsx';
import { useTrace } from '../blame/use-trace.ts';
import { Notice, Problem, Stale } from '../ui/notice.tsx';
import { type Told, toldIn } from './told.ts';
import { ToldRow } from './told-row.tsx';
import { useFeed } from './use-feed.ts';

/** Between two looks for new ones, in milliseconds. */
const REST_MS = 500;
/** Rows drawn at first, and added on demand. */
const CHUNK = 200;

interface Properties {
  session: SessionSummary;
  /** Where the address leads, in seconds; null to the beginning. */
  moment: number | null;
}

/** What was asked, what was answered and what was done for it, as Cursor's hooks told it; and what came of that. */
export function Conversation({ session, moment }: Properties) {
  const { items, loaded, error } = useFeed({
    id: session.id,
    news: session.events,
    rest: REST_MS,
    begin: () => toldIn(session),
  });
  const { trace, acts, error: untraced } = useTrace(session);
  const waiting = useWaiting(session.id);
  const [open, setOpen] = useState<number | null>(null);
  const [drawn, setDrawn] = useState(CHUNK);
  const list = useRef<HTMLOListElement>(null);
  const current = placeOf(items, moment);
  useEffect(() => {
    if (current === -1) return;
    if (current >= drawn) setDrawn(current + CHUNK);
    list.current?.querySelector('[aria-current=true]')?.scrollIntoView({ block: 'center' });
  }, [current, drawn]);

  if (error !== null && !loaded) return <Problem error={error} />;
  if (loaded && items.length === 0)
    return (
      <Notice title="Nothing was told">
        <p>No hook of this conversation told anything.</p>
      </Notice>
    );
  return (
    <section class="requests" aria-label="Conversation with Cursor's agent">
      {error !== null && <Stale error={error} />}
      {untraced !== null && <Stale error={untraced} />}
      {trace !== null && <Findings findings={trace.findings} />}
      <ol class="request-rows told" ref={list}>
        {items.slice(0, drawn).map((told, at) => {
          const act = acts.get(told.seq) ?? null;
          return (
            <ToldRow
              key={told.seq}
              told={told}
              act={act?.seqs[0] === told.seq ? act : null}
              waits={act?.seqs[0] === told.seq ? (waitsFor(waiting, act)?.id ?? null) : null}
              current={at === current}
              open={told.seq === open}
              onToggle={() => setOpen(told.seq === open ? null : told.seq)}
            />
          );
        })}
      </ol>
      {items.length > drawn && (
        <button type="button" class="button more" onClick={() => setDrawn(drawn + CHUNK)}>
          {(items.length - drawn).toLocaleString('en-GB')} more
        </button>
      )}
    </section>
  );
}

/** The last that was told by then; addresses are rounded to tenths of a second. */
function placeOf(items: readonly Told[], moment: number | null): number {
  return moment === null ? -1 : items.findLastIndex(({ time }) => time <= moment + 0.1);
}
