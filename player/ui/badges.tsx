import type { SessionSummary } from '../../recorder/log/ports.ts';

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
    <span class="badge refused" title={`${amount.toLocaleString('en-GB')} refused by policy`}>
      {amount.toLocaleString('en-GB')} refused
    </span>
  );
}

export function UnjudgedBadge({ amount }: { amount: number }) {
  if (amount === 0) return null;
  return (
    <span
      class="badge unjudged"
      title={`${amount.toLocaleString('en-GB')} that no rule could judge, let pass by the default`}
    >
      {amount.toLocaleString('en-GB')} unjudged
    </span>
  );
}
