/**
 * Checks a parsed `when` expression before it is ever evaluated: every name, member, function and type that can be known
 * by then. (The evaluator's own checker knows constants and names only.)
 */
import type { parse } from '@bufbuild/cel';
import { RE2JS } from 're2js';
import { resultOf } from './functions.ts';
import { shown, type Type } from './type.ts';

export type Expr = ReturnType<typeof parse>['expr'];

export interface Checked {
  /** Variables that it asks about. */
  uses: ReadonlySet<string>;
}

/** What is wrong, and with which part of the expression. */
export class WhenError extends Error {
  readonly id: bigint;

  constructor(id: bigint, message: string) {
    super(message);
    this.id = id;
  }
}

/** Parts of parts; no reader follows more. */
const DEEPEST = 40;

/** @throws WhenError for the first mistake */
export function checkExpression(root: Expr, variables: Readonly<Record<string, Type>>): Checked {
  const checker = new Checker(variables);
  const type = checker.typeOf(root, new Map(), 0);
  if (type !== 'bool' && type !== 'dyn')
    throw new WhenError(root.id, `it has to be true or false, and is ${shown(type)}`);
  return { uses: checker.uses };
}

type Scope = ReadonlyMap<string, Type>;
type Case<C extends Expr['exprKind']['case']> = Extract<Expr['exprKind'], { case: C }>;
type Call = Case<'callExpr'>['value'];
type Select = Case<'selectExpr'>['value'];
type Comprehension = Case<'comprehensionExpr'>['value'];

class Checker {
  readonly uses = new Set<string>();
  readonly #variables: Readonly<Record<string, Type>>;

  constructor(variables: Readonly<Record<string, Type>>) {
    this.#variables = variables;
  }

  typeOf(expr: Expr | undefined, scope: Scope, depth: number): Type {
    const { id = 0n, exprKind } = expr ?? {};
    if (depth > DEEPEST) throw new WhenError(id, 'too deeply nested');
    switch (exprKind?.case) {
      case 'constExpr':
        return constantType(exprKind.value.constantKind.case);
      case 'identExpr':
        return this.#variable(exprKind.value.name, id, scope);
      case 'selectExpr':
        return this.#member(exprKind.value, id, this.typeOf(exprKind.value.operand, scope, depth + 1));
      case 'callExpr':
        return this.#call(exprKind.value, { id, scope, depth });
      case 'listExpr':
        return { list: common(exprKind.value.elements.map((one) => this.#value(one, scope, depth))) };
      case 'structExpr':
        if (exprKind.value.messageName !== '') throw new WhenError(id, 'there are no message types here');
        for (const { keyKind, value } of exprKind.value.entries) {
          if (keyKind.case === 'mapKey') this.typeOf(keyKind.value, scope, depth + 1);
          this.#value(value, scope, depth);
        }
        return 'dyn';
      case 'comprehensionExpr':
        return this.#comprehension(exprKind.value, { id, scope, depth });
      case undefined:
        throw new WhenError(id, 'a part of it is missing');
    }
  }

  /** One of our own objects is no value: what is not known of it is left out, and it would be equal to what it is not. */
  #value(expr: Expr | undefined, scope: Scope, depth: number): Type {
    const type = this.typeOf(expr, scope, depth + 1);
    if (typeof type === 'object' && 'members' in type)
      throw new WhenError(
        expr?.id ?? 0n,
        `ask for one of its members: ${Object.keys(type.members).join(', ')}`,
      );
    return type;
  }

  #variable(name: string, id: bigint, scope: Scope): Type {
    const local = scope.get(name);
    if (local !== undefined) return local;
    if (!Object.hasOwn(this.#variables, name)) {
      const known = Object.keys(this.#variables).join(', ');
      throw new WhenError(id, `there is no ${name} here, only ${known}`);
    }
    this.uses.add(name);
    return this.#variables[name]!;
  }

  #member({ field, testOnly }: Select, id: bigint, of: Type): Type {
    const type = memberType(of, field);
    if (type === null) throw new WhenError(id, `there is no ${field} in ${shown(of)}`);
    if (!testOnly) return type;
    // What is not known is left out: to ask whether it is there would take that for an answer.
    if (typeof of === 'object' && 'members' in of && !Object.hasOwn(of.members, `${field}?`))
      throw new WhenError(id, `${field} is always there: has(…) says nothing`);
    return 'bool';
  }

  #call({ function: name, target, args }: Call, { id, scope, depth }: Place): Type {
    const given = [...(target === undefined ? [] : [target]), ...args];
    if (name === '_[_]') {
      const types = given.map((one) => this.typeOf(one, scope, depth + 1));
      return indexType(types, args[1], id);
    }
    const types = given.map((one) => this.#value(one, scope, depth));
    const result = resultOf(name, types);
    if (result === undefined) throw new WhenError(id, `there is no function ${name}`);
    if (result === null)
      throw new WhenError(id, `${name} does not take ${types.map(shown).join(', ') || 'nothing'}`);
    const pattern = name === 'matches' ? textOf(given[1]) : null;
    if (pattern !== null && !compiles(pattern))
      throw new WhenError(id, 'not an expression that RE2 understands');
    return result;
  }

  /** What the macros `all`, `exists`, `exists_one`, `filter` and `map` come to. */
  #comprehension(loop: Comprehension, { id, scope, depth }: Place): Type {
    const range = this.typeOf(loop.iterRange, scope, depth + 1);
    const element = elementType(range);
    if (element === null) throw new WhenError(id, `there is nothing to go through in ${shown(range)}`);
    const start = this.typeOf(loop.accuInit, scope, depth + 1);
    const found: Type = typeof start === 'object' ? { list: 'dyn' } : start;
    const outer = new Map(scope).set(loop.accuVar, found);
    const inner = new Map(outer).set(loop.iterVar, element);
    this.typeOf(loop.loopCondition, inner, depth + 1);
    this.typeOf(loop.loopStep, inner, depth + 1);
    return this.typeOf(loop.result, outer, depth + 1);
  }
}

interface Place {
  id: bigint;
  scope: Scope;
  depth: number;
}

const CONSTANTS: Readonly<Record<string, Type>> = {
  boolValue: 'bool',
  int64Value: 'int',
  uint64Value: 'uint',
  doubleValue: 'double',
  stringValue: 'string',
  bytesValue: 'bytes',
  nullValue: 'null',
};

function constantType(kind: string | undefined): Type {
  return CONSTANTS[kind ?? ''] ?? 'dyn';
}

function common(types: readonly Type[]): Type {
  const [first, ...rest] = types;
  return first !== undefined && rest.every((one) => one === first) ? first : 'dyn';
}

function memberType(of: Type, field: string): Type | null {
  if (of === 'dyn') return 'dyn';
  if (typeof of !== 'object' || 'list' in of) return null;
  if ('map' in of) return of.map;
  if (Object.hasOwn(of.members, field)) return of.members[field]!;
  return Object.hasOwn(of.members, `${field}?`) ? of.members[`${field}?`]! : null;
}

function indexType([of, by]: readonly Type[], index: Expr | undefined, id: bigint): Type {
  if (of === 'dyn') return 'dyn';
  if (typeof of === 'object' && 'list' in of && (by === 'int' || by === 'dyn')) return of.list;
  if (typeof of === 'object' && 'map' in of && (by === 'string' || by === 'dyn')) return of.map;
  const name = textOf(index);
  const member = of !== undefined && name !== null ? memberType(of, name) : null;
  if (member === null) throw new WhenError(id, 'there is nothing to look up like that');
  return member;
}

function elementType(range: Type): Type | null {
  if (range === 'dyn') return 'dyn';
  if (typeof range !== 'object' || 'members' in range) return null;
  return 'list' in range ? range.list : 'string';
}

function textOf(expr: Expr | undefined): string | null {
  const kind = expr?.exprKind;
  if (kind?.case !== 'constExpr' || kind.value.constantKind.case !== 'stringValue') return null;
  return kind.value.constantKind.value;
}

function compiles(pattern: string): boolean {
  try {
    RE2JS.compile(pattern);
    return true;
  } catch {
    return false;
  }
}
