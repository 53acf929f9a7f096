/**
 * What was typed, whole. A hook is asked about one simple command at a time, and `sh` says nothing of the
 * `curl … |` in front of it; bash's history has the line, as it is about to be run. Where the user keeps a line
 * out of the history (HISTCONTROL, HISTIGNORE), the newest entry is of an earlier one: that adds reasons to
 * refuse at most, but what the line itself would have told is not known.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { CommandAction, SimpleCommand } from '../action.ts';

/** The hook writes the newest entry of the history to this file of the runtime directory. */
export const LINE_FILE = 'line';
/** A longer line is judged command by command alone. */
const LIMIT = 256 * 1024;

/** The text of the newest entry, as `history 1` prints it: a number, `*` where it was edited, the line. */
export function readInputLine(file: string): string | null {
  return /^ *\d+[* ] (.*)\n$/s.exec(readBounded(file) ?? '')?.[1] ?? null;
}

function readBounded(file: string): string | null {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(file, 'r');
    const buffer = Buffer.allocUnsafe(LIMIT);
    const length = readSync(descriptor, buffer, 0, LIMIT, 0);
    return length === LIMIT ? null : buffer.toString('utf8', 0, length);
  } catch {
    return null;
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/**
 * `action` with what its line says of the same commands: what runs their output, what they can do there, what a shell
 * among them reads (`echo … | sh`), and what a variable that the line has set stands for.
 * It can only add reasons to refuse.
 */
export function inLine(action: CommandAction, line: CommandAction): CommandAction {
  const commands = action.commands.map((command) => {
    const same = line.commands.filter((other) => isSame(command, other));
    return same.reduce(join, command);
  });
  const read = line.commands.flatMap((other, place) =>
    action.commands.some((command) => isSame(command, other) || isReading(command, other))
      ? [other, ...runBy(line.commands, place)]
      : [],
  );
  const more = read.filter((other) => !commands.some((command) => isSame(command, other)));
  return { ...action, commands: [...commands, ...more] };
}

/** What the command at `place` runs as code: it follows, and says so. */
function runBy(commands: readonly SimpleCommand[], place: number): readonly SimpleCommand[] {
  const { program, via } = commands[place]!;
  const after = commands.slice(place + 1);
  const end = after.findIndex((inner) => inner.via.length <= via.length || inner.via[via.length] !== program);
  return end < 0 ? after : after.slice(0, end);
}

/** Whether `other` is the same text, and knows a word that `command` does not. */
function isReading(command: SimpleCommand, other: SimpleCommand): boolean {
  if (command.program !== null && !command.argv.includes(null)) return false;
  return unspaced(command.text) === unspaced(other.text);
}

/** The hook sees a command as bash prints it: `> x` for `>x`. */
function unspaced(text: string): string {
  return text.replace(/\s+/g, '');
}

function isSame(a: SimpleCommand, b: SimpleCommand): boolean {
  return (
    a.program === b.program &&
    a.argv.length === b.argv.length &&
    a.argv.every((word, i) => word === b.argv[i])
  );
}

function join(command: SimpleCommand, other: SimpleCommand): SimpleCommand {
  return {
    ...command,
    pipeline: other.pipeline,
    capabilities: [...new Set([...command.capabilities, ...other.capabilities])],
    requests: [
      ...new Map([...command.requests, ...other.requests].map((one) => [JSON.stringify(one), one])).values(),
    ],
    hosts: [...new Set([...command.hosts, ...other.hosts])],
    outputRunBy: [...new Set([...command.outputRunBy, ...other.outputRunBy])],
  };
}
