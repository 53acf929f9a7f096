import { useState } from 'preact/hooks';
import type { SessionSummary } from '../api.ts';
import { position } from '../text/time.ts';
import { visibleText } from '../text/visible.ts';
import { Notice, Problem, Stale } from '../ui/notice.tsx';
import { Plain } from '../ui/plain.tsx';
import { Body } from './body.tsx';
import { type Told, toldIn } from './told.ts';
import { useFeed } from './use-feed.ts';

/** Between two looks for new ones, in milliseconds. */
const REST_MS = 500;
/** Rows drawn at first, and added on demand. */
const CHUNK = 200;
/** Characters that are shown of a prompt or an answer before it is opened. */
const SHOWN = 600;

/** What was asked, what was answered and what was done for it, as Cursor's hooks told it. */
export function Conversation({ session }: { session: SessionSummary }) {
  const { items, loaded, error } = useFeed({
    id: session.id,
    news: session.events,
    rest: REST_MS,
    begin: () => toldIn(session),
  });
  const [open, setOpen] = useState<number | null>(null);
  const [drawn, setDrawn] = useState(CHUNK);
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
      <ol class="request-rows told">
        {items.slice(0, drawn).map((told) => (
          <Row
            key={told.seq}
            told={told}
            open={told.seq === open}
            onToggle={() => setOpen(told.seq === open ? null : told.seq)}
          />
        ))}
      </ol>
      {items.length > drawn && (
        <button type="button" class="button more" onClick={() => setDrawn(drawn + CHUNK)}>
          {(items.length - drawn).toLocaleString('en-GB')} more
        </button>
      )}
    </section>
  );
}

function Row({ told, open, onToggle }: { told: Told; open: boolean; onToggle: () => void }) {
  const { seq, time, hook, voice, label, text, content, model, withheld } = told;
  return (
    <li class={`row ${voice}`}>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={`told-${seq}`}
        title={visibleText(hook, 100)}
        onClick={onToggle}
      >
        <span class="at">{position(time)}</span>
        <span class="voice">{visibleText(label, 40)}</span>
        <span class="words">
          <Plain text={text} limit={SHOWN} />
        </span>
        <span class="dim">{visibleText(voice === 'agent' ? model : '', 40)}</span>
      </button>
      <div id={`told-${seq}`} class="exchange" hidden={!open}>
        {open && content === null && <p class="dim">Retention has removed it.</p>}
        {open && content !== null && <Body name={hook || 'What came'} summary={null} content={content} />}
        {open && withheld.length > 0 && <p class="dim">Not kept: {visibleText(withheld.join(', '), 300)}.</p>}
      </div>
    </li>
  );
}
