/** Walks a script's syntax tree in the order in which it runs, and hands over each simple command. */
import {
  type Function as FunctionNode,
  type ParsedScript,
  parse,
  type Statement,
  type SyntaxNode,
} from 'unbash';
import { isTorn, redirect } from './files/redirect.ts';
import type { Found, Reader } from './found.ts';
import { invoke } from './invoke.ts';
import { LIMITS, LimitReached, parseable, shown } from './limits.ts';
import {
  changed,
  changesIn,
  concurrent,
  type Input,
  mayBe,
  type Range,
  rejoin,
  type Scope,
  subshell,
  unsettle,
} from './scope.ts';
import { loopVariable, simple } from './simple.ts';
import { nestedIn, visit } from './substitution.ts';
import { hasHidden } from './words/look-alike.ts';

type Node = Statement['command'];

/** Whatever the parser complains of makes the line unknown. */
export const reader: Reader = {
  script(found, text, scope) {
    // The head of what is too long is looked at all the same: what must be refused in it is.
    const head = parseable(text);
    if (head.length < text.length)
      found.doubt('limit', 'too long, or too many here-documents or parentheses', text);
    // The parser takes the dollar sign for text; to a shell it belongs to what stands on the next line.
    if (head.includes('$\\\n')) found.doubt('syntax', 'an expansion that could not be read', text);
    if (hasHidden(head)) found.doubt('unreadable-line', 'holds characters that do not show', head);
    found.spend(head.length);
    const outer = found.source;
    found.source = head;
    walkScript(found, parse(head), scope);
    found.source = outer;
  },
  tree: walkScript,
  call: invoke,
};

function walkScript(found: Found, script: ParsedScript, scope: Scope): void {
  if (scope.depth > LIMITS.depth) throw new LimitReached('depth');
  const outer = found.source;
  if (script.source !== undefined) found.source = script.source;
  for (const error of script.errors ?? [])
    found.doubt('syntax', error.message, found.source.slice(error.pos));
  walkList(found, script.commands, scope);
  found.source = outer;
}

function walkList(found: Found, list: readonly Statement[], scope: Scope): void {
  for (const statement of list) {
    if (statement.background) {
      const { clock } = found.made;
      walk(found, statement.command, concurrent(subshell(scope)));
      found.made.forgetSince(clock);
    } else walk(found, statement.command, scope);
  }
}

/** Walks what may be skipped; afterwards only what it cannot have changed is known. */
function perhaps(found: Found, nodes: readonly Statement[] | Node, scope: Scope): void {
  const branch = subshell(scope);
  const { clock } = found.made;
  if (branch.body !== null) branch.body = { ...branch.body, always: false };
  if (Array.isArray(nodes)) walkList(found, nodes as readonly Statement[], branch);
  else walk(found, nodes as Node, branch);
  rejoin(scope, branch);
  found.made.forgetSince(clock);
}

/** Runs `body` with calls in it counted as made only sometimes. */
function within(scope: Scope, conditional: boolean, body: () => void): void {
  const { body: outer } = scope;
  if (conditional) sometimes(scope);
  body();
  scope.body = outer;
}

function sometimes(scope: Scope, repeated = false): Scope {
  if (scope.body !== null) scope.body = { ...scope.body, always: false, ...(repeated && { repeated }) };
  return scope;
}

/** `while true` and `until false` go on for ever: what they call, they call again and again. */
function looping(node: Extract<Node, { type: 'While' }>): { repeated: boolean } | { always: false } {
  const only = node.clause.commands.length === 1 ? node.clause.commands[0]!.command : undefined;
  const name = only?.type === 'Command' ? only.name?.value : undefined;
  const endless = node.kind === 'while' ? name === 'true' || name === ':' : name === 'false';
  return endless ? { repeated: true } : { always: false };
}

/** Walks what may run again, or later: what it changes is unknown from the start. */
function again(
  found: Found,
  node: SyntaxNode & { pos: number; end: number },
  scope: Scope,
  run: (scope: Scope) => void,
): void {
  const body = subshell(scope);
  // What runs again changes what is in it, what runs later what comes after it.
  if (node.type === 'Function') unsettle(body, found.changes(), node.pos);
  else unsettle(body, changesIn(found.source.slice(node.pos, node.end)));
  const before = { ...body };
  const { clock } = found.made;
  run(body);
  found.made.forgetSince(clock);
  if (changed(before, body))
    found.doubt(
      'computed-argument',
      'a loop changes what it started with in a way not seen',
      textOf(found, node),
    );
  rejoin(scope, body);
}

/**
 * `a && b || c`: up to the first `||` each part is taken to run, and to know that the one before it succeeded.
 * After the list only that is known which holds if it did not.
 */
function chain(found: Found, node: Extract<Node, { type: 'AndOr' }>, scope: Scope): void {
  const places: string[] = [];
  let settled = scope.variables;
  let { clock } = found.made;
  node.commands.forEach((part, place) => {
    const before = [scope.cwd, ...scope.elsewhere];
    places.push(...before);
    if (node.operators.slice(0, place).every((operator) => operator === '&&')) {
      within(scope, place > 0, () => walk(found, part, scope));
      if (place === 0) [settled, clock] = [scope.variables, found.made.clock];
    } else perhaps(found, part, scope);
    places.push(...scope.elsewhere);
    if (part.type === 'Command' && node.operators[place] === '&&')
      scope.elsewhere = scope.elsewhere.filter((one) => !before.includes(one));
  });
  mayBe(scope, places);
  rejoin(scope, { ...scope, variables: settled });
  found.made.forgetSince(clock);
}

function walk(found: Found, node: Node, scope: Scope): void {
  if (scope.depth > LIMITS.depth) throw new LimitReached('depth');
  switch (node.type) {
    case 'Command':
      simple(found, node, scope);
      return;
    case 'Pipeline':
      pipeline(found, node.commands, scope);
      return;
    case 'AndOr':
      chain(found, node, scope);
      return;
    case 'Redirected':
      redirected(found, node, scope);
      return;
    case 'Function':
      define(found, node, scope);
      return;
    case 'Coproc':
      if (node.body.type === 'CompoundList') {
        walkList(found, node.body.commands, concurrent(subshell(scope)));
        return;
      }
      walk(found, node.body, concurrent(subshell(scope)));
      return;
    case 'Subshell':
      walkList(found, node.body.commands, subshell(scope));
      return;
    case 'BraceGroup':
      walkList(found, node.body.commands, scope);
      return;
    default:
      control(found, node, scope);
      return;
  }
}

type Control = Exclude<
  Node,
  {
    type: 'Command' | 'Pipeline' | 'AndOr' | 'Redirected' | 'Function' | 'Coproc' | 'Subshell' | 'BraceGroup';
  }
>;

function control(found: Found, node: Control, scope: Scope): void {
  switch (node.type) {
    case 'If':
      walkList(found, node.clause.commands, scope);
      perhaps(found, node.then.commands, scope);
      for (const branch of node.elif) {
        perhaps(found, branch.clause.commands, scope);
        perhaps(found, branch.then.commands, scope);
      }
      if (node.else) perhaps(found, node.else.commands, scope);
      return;
    case 'For':
    case 'Select':
      loopVariable(found, node, scope);
      again(found, node.body, scope, (body) => walkList(found, node.body.commands, sometimes(body, true)));
      return;
    case 'While':
      again(found, node, scope, (body) => {
        if (body.body !== null) body.body = { ...body.body, ...looping(node) };
        walkList(found, node.clause.commands, body);
        walkList(found, node.body.commands, body);
      });
      return;
    case 'ArithmeticFor':
      for (const part of [node.initialize, node.test, node.update]) if (part) visit(found, part, scope);
      again(found, node.body, scope, (body) => walkList(found, node.body.commands, sometimes(body, true)));
      return;
    case 'Case':
      visit(found, node.word, scope);
      for (const item of node.items) {
        for (const pattern of item.pattern) visit(found, pattern, scope);
        perhaps(found, item.body.commands, scope);
      }
      return;
    case 'TestCommand':
    case 'ArithmeticCommand':
      visit(found, node, scope);
      return;
  }
}

/** Each stage is a shell of its own and reads what the stages before it print. */
function pipeline(found: Found, stages: readonly Node[], scope: Scope): void {
  if (stages.length === 1) {
    walk(found, stages[0]!, scope);
    return;
  }
  const id = found.newPipeline();
  const from = found.commands.length;
  const outer: readonly Range[] = scope.input.kind === 'pipe' ? scope.input.from : [];
  stages.forEach((stage, place) => {
    const before = found.commands.length;
    const text = place === 0 ? null : (found.outputs.get(before - 1) ?? null);
    const paths = place === 0 ? undefined : found.listings.get(before - 1);
    const piped: Input = { kind: 'pipe', from: [...outer, [from, before]], text, ...(paths && { paths }) };
    walk(found, stage, {
      ...concurrent(subshell(scope)),
      input: place === 0 ? scope.input : piped,
      pipeline: { id, place, length: stages.length },
    });
    // Only where the whole stage is one command, run once, does its output go on as it is.
    if (found.commands.length === before + 1 && isSingle(stage)) return;
    found.outputs.delete(found.commands.length - 1);
    found.listings.delete(found.commands.length - 1);
  });
}

/** One simple command, perhaps in braces or parentheses: nothing that runs it again. */
function isSingle(node: Node): boolean {
  if (node.type === 'Command') return true;
  if (node.type !== 'Subshell' && node.type !== 'BraceGroup') return false;
  const { commands } = node.body;
  return commands.length === 1 && isSingle(commands[0]!.command);
}

function redirected(found: Found, node: Extract<Node, { type: 'Redirected' }>, scope: Scope): void {
  const { redirections, touches, input } = redirect(node.redirects, scope, nestedIn(found, scope));
  const text = textOf(found, node);
  if (isTorn(node.redirects)) found.doubt('syntax', 'a redirection that could not be read', text);
  invoke(found, { words: [], env: [], redirections, touches, text }, scope);
  const inside = input === null ? scope : { ...scope, input };
  walk(found, node.command, inside);
  scope.cwd = inside.cwd;
  scope.variables = inside.variables;
}

/** The body is looked at where it is defined: what it calls is found whether or not it is called. */
function define(found: Found, node: FunctionNode, scope: Scope): void {
  found.functions.push(node.name.value);
  again(found, node, scope, (body) => {
    found.definitions.set(node.name.value, { cwd: body.cwd, variables: body.variables });
    body.positional = null;
    body.input = { kind: 'inherited' };
    body.body = { name: node.name.value, concurrent: false, always: true, repeated: false };
    if (node.body.type === 'CompoundList') walkList(found, node.body.commands, body);
    else walk(found, node.body, body);
  });
}

function textOf(found: Found, node: { pos: number; end: number }): string {
  return shown(found.source.slice(node.pos, node.end));
}
