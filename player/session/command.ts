/** The decided commands and uses of tools of a session, as the page shows them. */
import { toolText } from '../../recorder/export/labels.ts';
import type { EventOf } from '../api.ts';

export type Verdict = 'refused' | 'unjudged' | 'allowed';

export interface Command {
  seq: number;
  /** Seconds since the start of the session. */
  time: number;
  /** Of a tool of the agent's own, what it does. */
  line: string;
  cwd: string;
  verdict: Verdict;
  rule: string;
  reason: string;
  /** True where a human would have had to say yes. */
  asked: boolean;
  /** What could not be understood. */
  unknown: string[];
}

export function toCommand(
  { seq, at, body }: EventOf<'command.decided' | 'tool.decided'>,
  startedAt: number,
): Command {
  const { decision, allowed, cwd, unknown } = body;
  return {
    seq,
    time: Math.max(0, (at - startedAt) / 1e6),
    line: body.type === 'command.decided' ? body.line : toolText(body),
    cwd,
    verdict: allowed ? (decision.unjudged ? 'unjudged' : 'allowed') : 'refused',
    rule: decision.rule,
    reason: decision.reason,
    asked: decision.effect === 'ask',
    unknown,
  };
}

/** Index of the command that runs at `time`; -1 before the first. */
export function commandAt(commands: readonly Command[], time: number): number {
  let low = 0;
  let high = commands.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (commands[middle]!.time <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
