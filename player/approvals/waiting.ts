/** What waits for a person, for rows that tell of what was asked. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { TracedAct } from '../../recorder/attribution/chain.ts';
import type { ApprovalView } from '../api.ts';

export const Waiting = createContext<readonly ApprovalView[]>([]);

/** What of it a session asks. */
export function useWaiting(session: string): readonly ApprovalView[] {
  return useContext(Waiting).filter((view) => view.session === session);
}

/** The request behind an act that is not decided yet; the oldest, where the same is asked several times. */
export function waitsFor(
  waiting: readonly ApprovalView[],
  { kind, text, decided }: TracedAct,
): ApprovalView | null {
  if (decided !== null) return null;
  const found = waiting.find(({ asked }) => {
    if (asked.kind === 'command') return kind === 'command' && asked.line.trim() === text.trim();
    if (asked.kind !== 'tool') return false;
    return asked.use === kind && (asked.path === text || asked.tool === text);
  });
  return found ?? null;
}
