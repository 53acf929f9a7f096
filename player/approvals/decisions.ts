/** Deciding takes two steps: the first arms one decision for a few seconds, the second sends it. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type ApprovalView, type Ballot, cancelApproval, castVote, revokeApproval } from '../api.ts';

export const ARMED_MS = 5000;

/** What takes two steps. */
export type Step = Ballot | { vote: 'cancel' };

export interface Armed {
  id: string;
  vote: Step['vote'];
}

export interface Decisions {
  armed: Armed | null;
  /** The requests that a decision is on its way for. */
  busy: ReadonlySet<string>;
  /** What the recorder said against a decision, by request. */
  refusals: ReadonlyMap<string, Error>;
  /** The first step, or where the same is armed already the second. */
  press: (id: string, step: Step) => void;
  disarm: () => void;
  revoke: (id: string) => void;
}

export function useDecisions(take: (view: ApprovalView) => void): Decisions {
  const [armed, setArmed] = useState<Armed | null>(null);
  const [busy, setBusy] = useState<ReadonlySet<string>>(new Set());
  const [refusals, setRefusals] = useState<ReadonlyMap<string, Error>>(new Map());
  // Not the state: two steps may come before the page is drawn anew.
  const current = useRef<Armed | null>(null);
  const sent = useRef(new Set<string>());

  const arm = useCallback((next: Armed | null) => {
    current.current = next;
    setArmed(next);
  }, []);
  const disarm = useCallback(() => arm(null), []);

  useEffect(() => {
    if (armed === null) return;
    const timer = setTimeout(disarm, ARMED_MS);
    return () => clearTimeout(timer);
  }, [armed]);

  const send = useCallback(async (id: string, what: () => Promise<ApprovalView>) => {
    if (sent.current.has(id)) return;
    sent.current.add(id);
    setBusy(new Set(sent.current));
    setRefusals((now) => new Map([...now].filter(([other]) => other !== id)));
    try {
      take(await what());
    } catch (error) {
      setRefusals((now) => new Map(now).set(id, error as Error));
    } finally {
      sent.current.delete(id);
      setBusy(new Set(sent.current));
    }
  }, []);

  const press = useCallback((id: string, step: Step) => {
    const isArmed = current.current?.id === id && current.current.vote === step.vote;
    arm(isArmed ? null : { id, vote: step.vote });
    if (isArmed) void send(id, () => (step.vote === 'cancel' ? cancelApproval(id) : castVote(id, step)));
  }, []);
  const revoke = useCallback((id: string) => void send(id, () => revokeApproval(id)), []);
  return { armed, busy, refusals, press, disarm, revoke };
}
