/** Compiles a rule's `match` into a function over one command. */
import type { CommandAction, PathRole, SimpleCommand } from '../action.ts';
import { operandsOf } from '../command/grammar/subcommand.ts';
import { compilePath, touches } from '../match/path-pattern.ts';
import { both, every, MAYBE, NO, not, some, sure, type Tri, YES } from '../match/tri.ts';
import { anyOf, compilePattern, type TextTest } from './pattern.ts';
import type { CommandConditions, CommandMatch } from './schema/commands.ts';
import type { Pattern } from './schema/text.ts';

export type Matcher = (command: SimpleCommand, action: CommandAction) => Tri;

/**
 * @param allows true for a rule that allows: it has to cover all that the command touches, contacts or is given in a
 *   respect that it names, and a glob among the command's paths only may match
 */
export function compileMatch(match: CommandMatch, allows: boolean): Matcher {
  const holds = compileConditions(match, allows);
  if (match.unless === undefined) return holds;
  // What lifts a refusal has to be as certain as what allows, and the other way about.
  const lifted = compileConditions(match.unless, !allows);
  return (command, action) => {
    const answer = holds(command, action);
    return answer === NO ? NO : both(answer, not(lifted(command, action)));
  };
}

export function compileConditions(match: CommandConditions, allows: boolean): Matcher {
  const conditions: Matcher[] = [
    ...words(match),
    ...surroundings(match, allows),
    ...(['reads', 'writes', 'deletes', 'changes'] as const).flatMap((role) => paths(match, role, allows)),
  ];
  if (match.recursive && !match.reads && !match.writes && !match.deletes && !match.changes) {
    conditions.push(({ touches }) =>
      some(touches, (one) => (one.recursive ? (one.certain ? YES : MAYBE) : NO)),
    );
  }
  return (command, action) => {
    let weakest: Tri = YES;
    for (const condition of conditions) {
      const answer = condition(command, action);
      if (answer === NO) return NO;
      if (answer < weakest) weakest = answer;
    }
    return weakest;
  };
}

function words({ program, subcommand, args, flags }: CommandConditions): Matcher[] {
  const conditions: Matcher[] = [];
  if (program) {
    const test = anyOf(program);
    conditions.push((command) => (command.program === null ? MAYBE : sure(test(command.program))));
  }
  if (subcommand) {
    const wanted = subcommand.map(subcommandTest);
    conditions.push((command) => {
      const operands = operandsOf(command.program ?? '', command.argv);
      return some(wanted, (test) => test(operands));
    });
  }
  if (args?.any) {
    const test = anyOf(args.any);
    conditions.push(({ argv }) => someArgument(argv, test));
  }
  for (const pattern of args?.all ?? []) {
    const test = compilePattern(pattern);
    conditions.push(({ argv }) => someArgument(argv, test));
  }
  if (flags?.any) conditions.push((command) => some(flags.any!, (flag) => hasFlag(command, flag)));
  for (const flag of flags?.all ?? []) conditions.push((command) => hasFlag(command, flag));
  return conditions;
}

function surroundings(match: CommandConditions, allows: boolean): Matcher[] {
  const { env, via, pipesInto, outputRunBy, capabilities, hosts } = match;
  const conditions: Matcher[] = [];
  if (env) conditions.push(over(env, allows, (command) => command.env.map(({ name }) => name)));
  // A wrapper is a command itself, and judged as one.
  if (via) conditions.push(over(via, false, (command) => command.via));
  if (outputRunBy) conditions.push(over(outputRunBy, allows, (command) => command.outputRunBy));
  if (hosts) conditions.push(over(hosts, allows, (command) => command.hosts));
  if (capabilities) {
    conditions.push((command) => sure(capabilities.every((one) => command.capabilities.includes(one))));
  }
  if (pipesInto) {
    const test = anyOf(pipesInto);
    conditions.push((command, action) =>
      some(action.commands, (other) => {
        const { id, place } = other.pipeline;
        const later = id > 0 && id === command.pipeline.id && place > command.pipeline.place;
        return later ? known(other.program, test) : NO;
      }),
    );
  }
  return conditions;
}

/** @param all every one of the names has to match, and there has to be one */
function over(
  patterns: readonly Pattern[],
  all: boolean,
  names: (command: SimpleCommand) => readonly (string | null)[],
): Matcher {
  const test = anyOf(patterns);
  return (command) => {
    const given = names(command);
    const quantified = all && given.length > 0 ? every : some;
    return quantified(given, (name) => known(name, test));
  };
}

function paths(match: CommandConditions, role: PathRole, allows: boolean): Matcher[] {
  const patterns = match[role];
  if (patterns === undefined) return [];
  const condition = { role, patterns: patterns.map(compilePath), recursive: match.recursive === true };
  return [(command, action) => touches(command, condition, action.home, allows)];
}

/** The strongest answer over the words behind the program. A loop, for there may be thousands, and as many rules. */
function someArgument(argv: readonly (string | null)[], test: TextTest): Tri {
  let best: Tri = NO;
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === null) best = MAYBE;
    else if (test(word)) return YES;
  }
  return best;
}

/** `delete namespace` is two patterns for the first two operands. */
function subcommandTest(pattern: Pattern): (operands: readonly (string | null)[]) => Tri {
  if (typeof pattern !== 'string') {
    const test = compilePattern(pattern);
    return (operands) => (operands.length === 0 ? NO : known(operands[0]!, test));
  }
  const tests = pattern.split(/\s+/).filter(Boolean).map(compilePattern);
  return (operands) => {
    let answer: Tri = YES;
    for (const [place, test] of tests.entries()) {
      if (operands[place] === undefined) return answer === MAYBE ? MAYBE : NO;
      const here = known(operands[place]!, test);
      if (here === NO) return answer === MAYBE ? MAYBE : NO;
      if (here === MAYBE) answer = MAYBE;
    }
    return answer;
  };
}

/** Whether a flag is among the words before `--`: alone, in a cluster, with a value, or shortened. */
function hasFlag({ argv, openEnded }: SimpleCommand, flag: string): Tri {
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === '--') break;
    if (word !== null && isFlag(word, flag)) return YES;
  }
  return openEnded ? MAYBE : NO;
}

function isFlag(word: string, flag: string): boolean {
  // Most words are none: they are told apart by how they begin.
  if (word.charCodeAt(0) !== flag.charCodeAt(0)) return false;
  if (word === flag) return true;
  if (flag.startsWith('--')) {
    const name = word.split('=', 1)[0]!;
    return name.length > 2 && name.startsWith('--') && flag.startsWith(name);
  }
  // One letter may stand anywhere in a cluster; `-delete` is a word of its own.
  return (
    flag.length === 2 && word[0] === flag[0] && /^[-+][A-Za-z0-9]+/.test(word) && word.includes(flag[1]!, 1)
  );
}

function known(word: string | null, test: TextTest): Tri {
  return word === null ? MAYBE : sure(test(word));
}
