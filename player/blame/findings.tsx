import { FINDINGS, type Finding } from '../../recorder/attribution/chain.ts';
import { sessionPath } from '../router.ts';
import { Plain } from '../ui/plain.tsx';

/** Shown at first; each is a way round the other, so none is left out for good. */
const SHOWN = 100;

/** What does not fit together. */
export function Findings({ findings }: { findings: readonly Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul class="findings" aria-label="What does not fit together">
      {findings.slice(0, SHOWN).map(({ code, text, session, seq, into }) => (
        <li key={`${session}#${seq}`}>
          <b>{FINDINGS[code]}</b>{' '}
          <a href={sessionPath(session, into / 1e6)}>
            <Plain text={text} limit={300} />
          </a>
        </li>
      ))}
      {findings.length > SHOWN && <li>{(findings.length - SHOWN).toLocaleString('en-GB')} more</li>}
    </ul>
  );
}
