/** What enters the gate, and what leaves it. */
import type { CommandSummary, Decision } from '../recorder/audit/event.ts';

/** One redirection of a simple command. `target` is null where it cannot be known before running. */
export interface Redirection {
  operator: string;
  fd: number | null;
  target: string | null;
}

/**
 * One simple command, unwrapped and with its words decoded.
 * A word that cannot be known before it runs (an expansion) is null in `argv`.
 */
export interface SimpleCommand {
  /** Basename of the program; null where the command word itself is computed. */
  program: string | null;
  argv: (string | null)[];
  /** Assignments in front of it and those made by `env`. */
  env: { name: string; value: string | null }[];
  redirections: Redirection[];
  /** Wrappers it was found under, outermost first. */
  via: string[];
  /** Which pipeline it stands in and where, so that `curl … | sh` can be seen; place 0 is the first. */
  pipeline: { id: number; place: number; length: number };
  /** Its own text in the line, for showing. */
  text: string;
}

/** A part that could not be understood. Any of these makes the line `unknown`, never allowed by silence. */
export interface Unknown {
  code:
    | 'syntax'
    | 'limit'
    | 'computed-command'
    | 'computed-code'
    | 'code-on-stdin'
    | 'computed-argument'
    | 'no-hooks'
    | 'unreadable-script';
  message: string;
  text: string;
}

export interface CommandAction {
  kind: 'command';
  /** What is shown and recorded: the text as the shell was about to run it. */
  line: string;
  cwd: string;
  commands: SimpleCommand[];
  /** Names of functions that the line defines, for telling a function call from a program. */
  functions: string[];
  unknown: Unknown[];
}

/** A closed union; requests to the Kubernetes API and tool calls join it with their entrances. */
export type Action = CommandAction;

/** The gate's answer. */
export type Verdict =
  | { ok: true; decision: Decision }
  | {
      ok: false;
      decision: Decision /** One or two lines for the terminal: which rule, why, what to do. */;
      message: string;
    };

/** The recorded form of a simple command. */
export function summarise(command: SimpleCommand): CommandSummary {
  return {
    program: command.program ?? '?',
    argv: command.argv.map((word) => word ?? '?'),
    via: command.via,
  };
}
