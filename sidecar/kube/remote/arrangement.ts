/** Which gate what comes in has to pass. */
import type { CommandAction, Verdict } from '../../action.ts';
import type { RemoteParameters } from './parameters.ts';
import type { Program } from './program.ts';
import { ScreenGate } from './screen/gate.ts';
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
  if (!stdin || program.reads === 'data') return new OpenStdin();
  const context = { cwd: program.action?.cwd ?? '/' };
  if (tty) return new ScreenGate({ judge, context, joined: program.action === null });
  return new ScriptGate({ judge, context, after: program.action });
}
