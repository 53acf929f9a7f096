/** What a remote command's input has to pass, and where its output goes: by the program that it runs. */
import type { CommandAction } from '../../action.ts';
import { InputRecorder } from '../../session/input-recorder.ts';
import type { SessionLog } from '../../session/session-log.ts';
import { CopiedInput, CopiedOutput, Copying } from './copy/copying.ts';
import { EchoedInput, PipedInput } from './input.ts';
import type { OutputSink, Show } from './output.ts';
import type { RemoteParameters } from './parameters.ts';
import type { Program } from './program.ts';
import { ScreenGate } from './screen/gate.ts';
import { ScriptGate } from './script/gate.ts';
import { OpenStdin, type StdinGate } from './stdin.ts';

export interface ArrangementOptions {
  parameters: Pick<RemoteParameters, 'stdin' | 'tty'>;
  program: Program;
  log: SessionLog;
  /** Whether the policy has input recorded. */
  recordInput: boolean;
  /** Called where what was typed could not be recorded. */
  failed: (error: unknown) => void;
}

export interface Arrangement {
  stdin: StdinGate;
  /** @param recorded the session's own output */
  output: (recorded: OutputSink, show: Show) => OutputSink;
  /** Ends the wait for a decision, and judges nothing more. */
  stop: () => void;
  /** Nothing more will pass: resolves when the last of the evidence is stored. */
  end: () => Promise<void>;
}

export function arrange(options: ArrangementOptions): Arrangement {
  const waiting = new AbortController();
  const stop = () => waiting.abort(new Error('both sides are gone'));
  const { program, log, parameters, recordInput, failed } = options;
  const { copy } = program;
  if (copy !== null) {
    const copying = new Copying({
      copy,
      record: (body) => log.append(body),
      holdsSecret: (content) => log.holdsSecret(content),
    });
    const stdin = copy.direction === 'to' ? new CopiedInput(copying) : new OpenStdin();
    const output = (recorded: OutputSink, show: Show) =>
      copy.direction === 'from' ? new CopiedOutput(copying, recorded, show) : recorded;
    return { stdin, output, stop, end: () => copying.end() };
  }
  const gate = gateFor(options, waiting.signal);
  const output = (recorded: OutputSink) => recorded;
  const end = async () => undefined;
  if (!recordInput || !parameters.stdin) return { stdin: gate, output, stop, end };
  if (!parameters.tty) return { stdin: new PipedInput(gate, (body) => log.append(body)), output, stop, end };
  const recorder = new InputRecorder(log, failed);
  return { stdin: new EchoedInput(gate, recorder), output, stop, end: async () => recorder.end() };
}

function gateFor(
  { parameters: { stdin, tty }, program, log }: ArrangementOptions,
  stopped: AbortSignal,
): StdinGate {
  if (!stdin || program.reads === 'data') return new OpenStdin();
  const judge = async (action: CommandAction) => {
    stopped.throwIfAborted();
    return log.judge(action, { signal: stopped });
  };
  const context = { cwd: program.action?.cwd ?? '/' };
  if (tty) return new ScreenGate({ judge, context, joined: program.action === null });
  return new ScriptGate({ judge, context, after: program.action });
}
