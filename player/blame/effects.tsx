import type { Effect } from '../../recorder/attribution/chain.ts';
import { LINKS } from '../../recorder/attribution/words.ts';
import { sessionPath } from '../router.ts';
import { Plain } from '../ui/plain.tsx';
import { Rests } from './rests.tsx';

/** What came of an act of the agent: it ran, it changed. */
export function Effects({ effects }: { effects: readonly Effect[] }) {
  if (effects.length === 0) return null;
  return (
    <ul class="effects" aria-label="What came of it">
      {effects.map(({ kind, text, outcome, basis, proof, others, session, seq, into }) => (
        <li key={`${session}#${seq}`} class={`step ${outcome}`}>
          <span class="kind">{LINKS[kind]}</span>
          <a href={sessionPath(session, into / 1e6)}>
            <Plain text={text} limit={300} />
          </a>
          {outcome !== 'done' && <span class="how bad">{outcome}</span>}
          <Rests basis={basis} proof={proof} others={others} />
        </li>
      ))}
    </ul>
  );
}
