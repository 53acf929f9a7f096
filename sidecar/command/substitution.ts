/** Finds the scripts inside words and expressions: command and process substitutions, wherever they stand. */
import { forEachChild, type ParsedScript, parse, type SyntaxNode } from 'unbash';
import type { Found } from './found.ts';
import { isTooDeep } from './limits.ts';
import { concurrent, type Input, learn, type Range, type Scope, subshell } from './scope.ts';
import type { Nested } from './words/word.ts';

/** Reads the scripts of all substitutions in a node; gives where their commands stand. */
export function visit(found: Found, node: SyntaxNode, scope: Scope): Range {
  const from = found.commands.length;
  if (isTooDeep(found.source.slice(node.pos, node.end)))
    found.doubt('limit', 'nested too deeply', found.source.slice(node.pos, node.end));
  else descend(found, node, scope);
  return [from, found.commands.length];
}

/** What the words of a command at this place need. */
export function nestedIn(found: Found, scope: Scope): Nested {
  return { visit: (node) => visit(found, node, scope), spend: (length) => found.spend(length) };
}

function descend(found: Found, node: SyntaxNode, scope: Scope): void {
  switch (node.type) {
    case 'CommandExpansion':
    case 'ArithmeticCommandExpansion':
      read(found, node, subshell(scope));
      return;
    case 'ProcessSubstitution': {
      const input: Input = node.operator === '>' ? { kind: 'sink', runners: [] } : scope.input;
      read(found, node, { ...concurrent(subshell(scope)), input });
      if (input.kind === 'sink') found.sinks.push(input.runners);
      return;
    }
    case 'ParameterExpansion':
      parameter(found, node, scope);
      return;
    case 'TestCommand':
    case 'ArithmeticCommand':
    case 'ArithmeticExpansion':
      counted(found, node);
      forEachChild(node, (child) => descend(found, child, scope));
      return;
    case 'ExtendedGlob':
      qualified(found, node.text);
      forEachChild(node, (child) => descend(found, child, scope));
      return;
    default:
      forEachChild(node, (child) => descend(found, child, scope));
  }
}

/** Where words are counted with, a subscript is expanded even if it is quoted. */
function counted(found: Found, { pos, end }: { pos: number; end: number }): void {
  const text = found.source.slice(pos, end);
  // Between two quotes, whichever of them opens.
  const runs = text
    .split("'")
    .slice(1)
    .some((between) => between.includes('[') && /\$\(|`/.test(between.slice(between.indexOf('['))));
  if (runs) found.doubt('computed-code', 'a subscript runs code', text);
}

/** zsh's `*(e:code:)` and `*(+command)` run code for each file. */
function qualified(found: Found, text: string): void {
  const runs = text
    .split(/[)|]/)
    .some((part) => part.includes('(') && /e[^\w\s.-]|\+\w/.test(part.slice(part.indexOf('('))));
  if (runs) found.doubt('computed-code', 'to zsh this glob may run code', text);
}

/** A substitution that does not end where its text does was not understood by the parser. */
function read(found: Found, node: { text: string; script: ParsedScript | undefined }, scope: Scope): void {
  found.spend(node.text.length);
  if (node.script !== undefined) found.tree(node.script, scope);
  if (node.script === undefined || !/[)`}]$/.test(node.text)) {
    found.doubt('syntax', 'a substitution that could not be read', node.text);
  }
}

type Parameter = Extract<SyntaxNode, { type: 'ParameterExpansion' }>;

function parameter(found: Found, node: Parameter, scope: Scope): void {
  const { operation } = node;
  if (node.text.startsWith('${('))
    found.doubt('computed-code', 'to zsh this expansion may run code', node.text);
  if (operation?.type === 'Slice' && node.text.includes("'")) counted(found, node);
  if (operation?.type === 'Transform' && operation.operand.value.includes('P')) {
    // `${name@P}` expands the value as a prompt, and prompts run commands.
    found.doubt('computed-code', 'an expansion runs a value as a prompt', node.text);
  }
  if (operation?.type === 'Default' && operation.operator.endsWith('=')) learn(scope, node.parameter, null);
  if (node.index) descend(found, node.index, scope);
  if (operation?.type === 'Replace' || operation?.type === 'Slice') {
    divided(found, node, operation.operatorEnd, scope);
  } else if (operation !== undefined) {
    descend(found, operation, scope);
  }
}

/**
 * `${x/pattern/text}` and `${x:offset:length}`: the parser takes a `/` or `:` inside a substitution for the
 * divider, and tears it apart. The two operands are read as one instead, as that of `${x:-…}`.
 */
function divided(found: Found, node: Parameter, operatorEnd: number, scope: Scope): void {
  const operands = node.text.slice(operatorEnd - node.pos, -1);
  if (!/[$`<>]/.test(operands)) return;
  const text = `: \${x:-${operands}}`;
  // Nested ones are read again at each level, and the parser is slow on them.
  found.spend(4 * text.length);
  const script = parse(text);
  if (script.errors?.length) found.doubt('syntax', 'an expansion that could not be read', node.text);
  const outer = found.source;
  found.source = text;
  for (const statement of script.commands) descend(found, statement, scope);
  found.source = outer;
}
