/** Which gate what comes in has to pass. */
import type { CommandAction, Verdict } from '../../action.ts';
import type { RemoteParameters } from './parameters.ts';
import type { Program } from './program.ts';
import { ScriptGate } from './script/gate.ts';
import { OpenStdin, type StdinGate } from './stdin.ts';

export interface ArrangementOptions {
  parameters: Pick<RemoteParameters, 'stdin' | 'tty'>;
  program: Program;
  /** Decides about a command, and records the decision. */
  judge: (action: CommandAction) => Promise<Verdict>;
}

export function gateFor({ parameters, program, judge }: ArrangementOptions): StdinGate {
  const { stdin, tty } = parameters;
  if (!stdin || tty || program.reads === 'data') return new OpenStdin();
  return new ScriptGate({ judge, context: { cwd: program.action?.cwd ?? '/' }, after: program.action });
}
