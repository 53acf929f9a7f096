import { useState } from 'preact/hooks';
import { askedText } from '../../recorder/export/labels.ts';
import type { ApprovalView } from '../api.ts';
import { ago, clockTime, duration, fullTime, toDate } from '../text/time.ts';
import { Plain } from '../ui/plain.tsx';
import { Asked } from './asked.tsx';
import { Asker } from './asker.tsx';
import { outcomeOf, passesUntil } from './asks.ts';
import { Refusal } from './card.tsx';

interface Properties {
  view: ApprovalView;
  now: Date;
  /** True where the address names it. */
  opened: boolean;
  busy: boolean;
  refusal: Error | null;
  onRevoke: () => void;
  onSession: (id: string) => void;
}

/** One that is over: what became of it, and what it still lets pass. It opens to all that is known of it. */
export function PastRow({ view, now, opened, busy, refusal, onRevoke, onSession }: Properties) {
  const [open, setOpen] = useState(opened);
  const { id, state, settledAt = 0 } = view;
  return (
    <li class={`past ${state}`} data-ask={id} tabIndex={-1}>
      <button
        type="button"
        class="summary"
        aria-expanded={open}
        aria-controls={`past-${id}`}
        onClick={() => setOpen(!open)}
      >
        <code>
          <Plain text={askedText(view.asked)} limit={300} />
        </code>
        <span class="outcome">
          <Plain text={outcomeOf(view)} limit={1200} />
        </span>
        <time dateTime={toDate(settledAt).toISOString()} title={fullTime(settledAt)}>
          {clockTime(settledAt)} <span class="dim">{ago(settledAt, now)}</span>
        </time>
      </button>
      <Passes view={view} now={now} busy={busy} onRevoke={onRevoke} />
      <Refusal error={refusal} />
      <div id={`past-${id}`} class="past-body" hidden={!open}>
        {open && (
          <>
            <Asked view={view} whole={false} />
            <Asker view={view} onSession={onSession} />
          </>
        )}
      </div>
    </li>
  );
}

type PassesProperties = Pick<Properties, 'view' | 'now' | 'busy' | 'onRevoke'>;

/** What it still lets pass, and how to end that. */
function Passes({ view, now, busy, onRevoke }: PassesProperties) {
  const until = passesUntil(view, now.getTime() * 1000);
  if (until === null) return null;
  const left = duration(Math.max(1, Math.floor(until / 1e6 - now.getTime() / 1000)));
  const what = view.grantedUntil === undefined ? 'Not used yet, passes once within' : 'Passes again for';
  return (
    <p class="passes">
      <span>
        {what} {left}
      </span>
      {view.may.revoke && (
        <button type="button" class="button" disabled={busy} onClick={onRevoke}>
          Revoke
        </button>
      )}
    </p>
  );
}
