import { approvalText } from '../../recorder/export/labels.ts';
import { visibleText } from '../text/visible.ts';
import { Plain } from '../ui/plain.tsx';
import type { Judged, Verdict } from './judged.ts';

export const VERDICTS: Record<Verdict, string> = {
  refused: 'Refused',
  unjudged: 'Unjudged',
  allowed: 'Allowed',
};

/** Why it was decided so. Who allowed it is said to those who cannot see that nothing is marked. */
export function Why({ judged: { verdict, unknown, reason, rule, asked, approval } }: { judged: Judged }) {
  if (approval !== null) {
    return (
      <span class="why">
        <b class={`mark-${approval.state}`}>
          <Plain text={approvalText(approval)} limit={1200} />
        </b>{' '}
        <Plain text={reason} limit={300} /> <span class="rule">{visibleText(rule, 100)}</span>
      </span>
    );
  }
  if (verdict === 'allowed') return <span class="sr">Allowed by {visibleText(rule, 100)}</span>;
  const why = verdict === 'unjudged' && unknown.length > 0 ? unknown.join('; ') : reason;
  return (
    <span class="why">
      <b>{verdict === 'refused' && asked ? 'Refused, needs approval' : VERDICTS[verdict]}</b>{' '}
      <Plain text={why} limit={300} /> <span class="rule">{visibleText(rule, 100)}</span>
    </span>
  );
}
