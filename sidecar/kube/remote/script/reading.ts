/**
 * What the statements of a script do, that comes in on the standard input of a shell. Pure.
 *
 * The shell and the programs that it runs read from the same place: `read x` or ssh may have taken the line in which a
 * here-document began, and then what looks like its text is commands. So a statement of several lines is read
 * in more than one way, as soon as some program may have read before: as a whole, and from each of its lines on.
 * One action holds what all readings find, so that one decision covers them.
 */
import type { CommandAction, SimpleCommand, Unknown } from '../../../action.ts';
import { type Context, Script } from '../../../command/analyse.ts';
import { LIMITS } from '../../../command/limits.ts';
import { splitStatements } from '../../../command/statements.ts';
import { Aliases } from './aliases.ts';
import { consumption, startsShell } from './consumers.ts';

/** Lines that a statement may have which begins where it was not expected. */
const SPANS = [1, 2, 4, 8, 16];
/** UTF-16 units that the readings of one statement may come to. */
const WORK = 4 * LIMITS.source;

export class ScriptReading {
  readonly #script: Script;
  readonly #aliases = new Aliases();
  /** What is known about where the shell reads: at the next statement; at some line; or nothing any more. */
  #place: 'statement' | 'line' | 'lost' = 'statement';
  /** True of everything that follows. */
  readonly #doubts: Unknown[] = [];

  constructor(context: Omit<Context, 'input'>) {
    this.#script = new Script({ ...context, input: 'judged' });
  }

  /** Whether statements can no longer be told apart. */
  get lost(): boolean {
    return this.#place === 'lost';
  }

  /** One statement, or several that share their lines; where it is `lost`, as many lines as there are. */
  read(text: string): CommandAction {
    const readings: CommandAction[] = [];
    const expanded = this.#aliases.expanded(text);
    if (expanded !== null) readings.push(this.#script.peek(expanded));
    const limited = this.#place !== 'statement' && this.#readLines(text, readings);
    const action = union(this.#script.read(text), readings, this.#doubts);
    if (limited) action.unknown.push(tooLong(text));
    this.#follow(action);
    return action;
  }

  /** From here on nobody knows what the shell takes for a statement. */
  lose(doubt: Unknown): void {
    this.#place = 'lost';
    if (this.#doubts.length < 8) this.#doubts.push(doubt);
  }

  /** To be called with the command that runs the script: what else in it may have read before. */
  startedBy(action: CommandAction): void {
    this.#follow({ ...action, commands: action.commands.filter((command) => !startsShell(command)) });
  }

  #follow(action: CommandAction): void {
    const alias = this.#aliases.learn(action);
    if (alias !== null) this.lose(alias);
    const consumed = consumption(action);
    if (consumed.kind === 'lost')
      this.lose({ code: 'code-on-stdin', message: consumed.message, text: consumed.text });
    else if (consumed.kind === 'lines' && !this.lost) this.#place = 'line';
  }

  /** Adds what the shell would run that reads on at each line but the first. True where that is too much. */
  #readLines(text: string, readings: CommandAction[]): boolean {
    const lines = text.split(/(?<=\n)/);
    let work = 0;
    for (let from = 1; from < lines.length; from += 1) {
      const statement = firstStatement(lines, from);
      work += statement.length;
      if (work > WORK) return true;
      readings.push(this.#script.peek(statement));
    }
    return false;
  }
}

/** The statement that begins with line `from`, or the lines in which it does not come to its end. */
function firstStatement(lines: readonly string[], from: number): string {
  let text = '';
  for (const span of SPANS) {
    text = lines.slice(from, from + span).join('');
    const { complete } = splitStatements(text);
    if (complete[0] !== undefined) return complete[0];
    if (from + span >= lines.length) break;
  }
  return text;
}

/** `own` with the commands of the other readings: whether those are scripts at all is nobody's concern. */
export function union(
  own: CommandAction,
  readings: readonly CommandAction[],
  doubts: readonly Unknown[],
): CommandAction {
  const seen = new Set(own.commands.map(keyOf));
  const commands = [...own.commands];
  const unknown = [...own.unknown, ...doubts];
  let pipelines = Math.max(0, ...own.commands.map(({ pipeline }) => pipeline.id));
  for (const reading of readings) {
    const offset = pipelines;
    for (const command of reading.commands) {
      pipelines = Math.max(pipelines, offset + command.pipeline.id);
      const key = keyOf(command);
      if (seen.has(key)) continue;
      seen.add(key);
      commands.push(renumbered(command, offset));
    }
    unknown.push(...reading.unknown.filter(({ code }) => code !== 'syntax'));
  }
  const functions = [own, ...readings].flatMap((reading) => reading.functions);
  if (commands.length <= LIMITS.commands) return { ...own, commands, functions, unknown };
  return {
    ...own,
    commands: commands.slice(0, LIMITS.commands),
    functions,
    unknown: [...unknown, tooLong(own.line)],
  };
}

function renumbered(command: SimpleCommand, offset: number): SimpleCommand {
  const { pipeline } = command;
  return pipeline.id === 0 ? command : { ...command, pipeline: { ...pipeline, id: pipeline.id + offset } };
}

/** Two commands with the same one are judged alike. */
function keyOf(command: SimpleCommand): string {
  const { argv, env, redirections, via, pipeline, capabilities, touches, outputRunBy, requests, hosts } =
    command;
  const alone = pipeline.length === 1;
  return JSON.stringify([
    argv,
    env,
    redirections,
    via,
    alone || pipeline,
    capabilities,
    touches,
    outputRunBy,
    requests,
    hosts,
  ]);
}

function tooLong(text: string): Unknown {
  return {
    code: 'limit',
    message: 'it can be read in more ways than are looked at',
    text: text.slice(0, LIMITS.shown),
  };
}
