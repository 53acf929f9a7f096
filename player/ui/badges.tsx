import type { SessionSummary } from '../../recorder/log/ports.ts';
import { count } from '../text/command.ts';

/** Whether a session runs, or ended without saying so. Nothing for the ordinary end. */
export function StateBadge({ session }: { session: SessionSummary }) {
  if (session.state === 'live') return <span class="badge live">live</span>;
  if (session.state === 'cut-off') {
    return (
      <span
        class="badge cut"
        title="The recording ends without an end of the session: its writer was killed or lost."
      >
        cut off
      </span>
    );
  }
  return null;
}

export function RefusedBadge({ amount }: { amount: number }) {
  if (amount === 0) return null;
  return (
    <span class="badge refused" title={`${count(amount, 'command')} refused by policy`}>
      {amount.toLocaleString('en-GB')} refused
    </span>
  );
}

export function UnjudgedBadge({ amount }: { amount: number }) {
  if (amount === 0) return null;
  return (
    <span
      class="badge unjudged"
      title={`${count(amount, 'command')} that no rule could judge, let run by the default`}
    >
      {amount.toLocaleString('en-GB')} unjudged
    </span>
  );
}
