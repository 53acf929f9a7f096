/** Compiles a rule's `match` into a function over one use of a tool. */
import type { PathRole, ToolAction, Touch } from '../action.ts';
import { parsePath } from '../mask/path.ts';
import { quoteGlob } from '../match/path.ts';
import { compilePath, touches } from '../match/path-pattern.ts';
import { both, every, MAYBE, NO, not, some, sure, type Tri } from '../match/tri.ts';
import { anyOf } from './pattern.ts';
import type { ToolArgument, ToolConditions, ToolRule } from './schema/tools.ts';
import { valuesAt } from './values.ts';

export type ToolMatcher = (action: ToolAction) => Tri;

/** @param allows true for a rule that allows: then every value at the path of an argument has to match */
export function compileToolMatch({ unless, ...conditions }: ToolRule['match'], allows: boolean): ToolMatcher {
  const holds = compileConditions(conditions, allows);
  if (unless === undefined) return holds;
  // What lifts a refusal has to be as certain as what allows, and the other way about.
  const lifted = compileConditions(unless, !allows);
  return (action) => both(holds(action), not(lifted(action)));
}

function compileConditions(match: ToolConditions, allows: boolean): ToolMatcher {
  const { servers, tools, reads, edits, arguments: given = [] } = match;
  const conditions: ToolMatcher[] = [];
  if (servers) {
    const test = anyOf(servers);
    conditions.push(({ use, server }) => sure(use === 'mcp' && test(server)));
  }
  if (tools) {
    const test = anyOf(tools);
    conditions.push(({ tool }) => sure(tool !== '' && test(tool)));
  }
  if (reads) conditions.push(fileCondition('reads', reads, allows));
  if (edits) conditions.push(fileCondition('writes', edits, allows));
  for (const argument of given) conditions.push(argumentCondition(argument, allows));
  return (action) => every(conditions, (condition) => condition(action));
}

function fileCondition(role: PathRole, globs: readonly string[], allows: boolean): ToolMatcher {
  const condition = { role, patterns: globs.map(compilePath), recursive: false };
  return (action) => touches({ touches: touchesOf(action) }, condition, action.home, allows);
}

function touchesOf({ use, path }: ToolAction): Touch[] {
  if (use === 'mcp' || use === 'call') return [];
  const role = use === 'read' ? 'reads' : 'writes';
  // A path that is not known may be any.
  const certain = path !== '';
  return [{ role, path: certain ? quoteGlob(path) : '/**', recursive: false, certain }];
}

function argumentCondition({ path, any }: ToolArgument, allows: boolean): ToolMatcher {
  const segments = parsePath(path);
  const test = anyOf(any);
  const quantified = allows ? every : some;
  return ({ input }) => {
    const values = input === undefined ? null : valuesAt(input, segments);
    if (values === null) return MAYBE;
    return values.length === 0 ? NO : quantified(values, (value) => sure(test(value)));
  };
}
