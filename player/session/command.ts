/** The decided commands and uses of tools of a session, as the page shows them. */
import { toolText } from '../../recorder/export/labels.ts';
import type { EventOf } from '../api.ts';
import { countWhile } from '../ordered.ts';
import { type Judged, judgedOf } from './judged.ts';

export interface Command extends Judged {
  seq: number;
  /** Seconds since the start of the session. */
  time: number;
  /** Of a tool of the agent's own, what it does. */
  line: string;
  cwd: string;
  /** True for a line that a shell ran, which the policy can be asked about again. */
  asLine: boolean;
}

export function toCommand(
  { seq, at, body }: EventOf<'command.decided' | 'tool.decided'>,
  startedAt: number,
): Command {
  const asLine = body.type === 'command.decided';
  const line = asLine ? body.line : toolText(body);
  return { seq, time: Math.max(0, (at - startedAt) / 1e6), line, cwd: body.cwd, asLine, ...judgedOf(body) };
}

/** Index of the command that runs at `time`; -1 before the first. */
export function commandAt(commands: readonly Command[], time: number): number {
  return countWhile(commands, (command) => command.time <= time) - 1;
}
