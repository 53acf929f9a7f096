import type { TracedAct } from '../../recorder/attribution/chain.ts';
import { Effects } from '../blame/effects.tsx';
import { approvalsPath } from '../router.ts';
import { position } from '../text/time.ts';
import { visibleText } from '../text/visible.ts';
import { Plain } from '../ui/plain.tsx';
import { Body } from './body.tsx';
import { judgedOf } from './judged.ts';
import type { Told } from './told.ts';
import { Why } from './why.tsx';

/** Characters that are shown of a prompt or an answer before it is opened. */
const SHOWN = 600;

interface Properties {
  told: Told;
  /** What was decided on it and came of it; null where this is no act, or another row tells of it. */
  act: TracedAct | null;
  /** The request to a person that it waits for; null where it waits for none. */
  waits: string | null;
  /** Where the address leads. */
  current: boolean;
  open: boolean;
  onToggle: () => void;
}

/** What one hook told. It opens to all of it; links lead to what came of it. */
export function ToldRow({ told, act, waits, current, open, onToggle }: Properties) {
  const { seq, time, hook, voice, label, text, content, model, withheld } = told;
  const judged = act?.decided ? judgedOf(act.decided) : null;
  return (
    <li class={`row ${voice} ${judged?.verdict ?? ''}`} aria-current={current}>
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
        {judged !== null && <Why judged={judged} />}
      </button>
      {waits !== null && (
        <a class="opens badge waiting" href={approvalsPath(waits)}>
          Waits for a person
        </a>
      )}
      {act !== null && <Effects effects={act.effects} />}
      <div id={`told-${seq}`} class="exchange" hidden={!open}>
        {open && content === null && <p class="dim">Retention has removed it.</p>}
        {open && content !== null && <Body name={hook || 'What came'} summary={null} content={content} />}
        {open && withheld.length > 0 && <p class="dim">Not kept: {visibleText(withheld.join(', '), 300)}.</p>}
      </div>
    </li>
  );
}
