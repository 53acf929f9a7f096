/**
 * `when`: an expression in CEL (https://cel.dev) over what a rule has matched. Checked when the policy is read; evaluated
 * within bounds. What cannot be told (a member that is missing or not known, an error, a limit) is MAYBE.
 *
 * Loaded only where a policy has such an expression: the evaluator takes a while to come up.
 */
import {
  type CelError,
  type CelInput,
  CelScalar,
  celEnv,
  celError,
  celFunc,
  isCelError,
  parse,
  plan,
} from '@bufbuild/cel';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { RE2JS } from 're2js';
import { MAYBE, NO, type Tri, YES } from '../../match/tri.ts';
import { checkExpression, type Expr, WhenError } from './check.ts';
import type { Facts, WhenCompiler } from './facts.ts';
import { type RuleKind, VARIABLES } from './type.ts';
import { Scales, TooHeavy } from './value.ts';

/** Steps of loops that one evaluation may take. */
const MOST_STEPS = 10_000;
/** Steps by the weight of what there is to look at: each may look at all of it. */
const MOST_WORK = 4_000_000;

/** @throws Error with one line that says what is wrong, and where in the expression */
export const compileWhen: WhenCompiler = (source, kind) => {
  const { expr, uses } = read(source, kind);
  // Each expression has steps of its own to spend: evaluations never overlap.
  const steps = { left: 0 };
  countSteps(expr);
  const evaluate = plan(environment(steps), expr);
  const when = (facts: Facts): Tri => {
    const scales = new Scales();
    const bindings = bind(uses, facts, scales);
    if (bindings === null) return MAYBE;
    steps.left = Math.min(MOST_STEPS, MOST_WORK / Math.max(scales.weight, 1));
    const result = evaluate(bindings as Record<string, CelInput>);
    if (isCelError(result) || typeof result !== 'boolean') return MAYBE;
    return result ? YES : NO;
  };
  return Object.assign(when, { uses });
};

function read(source: string, kind: RuleKind): { expr: Expr; uses: ReadonlySet<string> } {
  let positions: Readonly<Record<string, number>> = {};
  try {
    const { expr, sourceInfo } = parse(source);
    positions = sourceInfo?.positions ?? {};
    return { expr, ...checkExpression(expr, VARIABLES[kind]) };
  } catch (error) {
    throw new Error(explain(error as Error, positions));
  }
}

/** A syntax error of the parser brings its own place: `<input>:1:3: …`. */
function explain(error: Error, positions: Readonly<Record<string, number>>): string {
  if (error instanceof RangeError) return 'the expression is too deeply nested';
  if (error instanceof WhenError) {
    const at = positions[String(error.id)];
    return at === undefined ? error.message : `${error.message} (at character ${at + 1})`;
  }
  const [line = ''] = error.message.split('\n');
  const [, row, column, message] = /^<input>:(\d+):(\d+): (.*)$/.exec(line) ?? [];
  if (message === undefined) return `not an expression: ${line}`;
  return `not an expression: ${message} (at ${row === '1' ? '' : `line ${row}, `}character ${column})`;
}

const STEP = '@step';

function environment(steps: { left: number }) {
  const step = celFunc(STEP, [CelScalar.DYN], CelScalar.DYN, (condition) => {
    if (--steps.left < 0) throw new TooHeavy();
    return condition;
  });
  return celEnv({ funcs: [step], re2: { compile: compileRegex } });
}

/** The same engine as for the patterns of a policy; linear. */
function compileRegex(source: string) {
  const compiled = RE2JS.compile(source);
  return { test: (text: string) => compiled.matcher(text).find() };
}

/** Makes every step of every loop in it count. */
function countSteps(expr: Expr | undefined): void {
  if (expr === undefined) return;
  for (const part of partsOf(expr)) countSteps(part);
  if (expr.exprKind.case !== 'comprehensionExpr') return;
  const loop = expr.exprKind.value;
  const args = loop.loopCondition === undefined ? [] : [loop.loopCondition];
  const call = { $typeName: 'cel.expr.Expr.Call', function: STEP, args } as const;
  loop.loopCondition = { ...expr, exprKind: { case: 'callExpr', value: { ...call, args } } };
}

function partsOf({ exprKind: { case: kind, value } }: Expr): readonly (Expr | undefined)[] {
  switch (kind) {
    case 'selectExpr':
      return [value.operand];
    case 'callExpr':
      return [value.target, ...value.args];
    case 'listExpr':
      return value.elements;
    case 'structExpr':
      return value.entries.flatMap((entry) => [
        entry.keyKind.case === 'mapKey' ? entry.keyKind.value : undefined,
        entry.value,
      ]);
    case 'comprehensionExpr':
      return [value.iterRange, value.accuInit, value.loopStep, value.result];
    default:
      return [];
  }
}

/** An error, for of what is merely absent `has` says no. */
const UNKNOWN = celError('it is not known');

type Bindings = Record<string, CelInput | CelError>;

/** What it asks about, made ready; null where that is too much. */
function bind(uses: ReadonlySet<string>, facts: Facts, scales: Scales): Bindings | null {
  const bindings: Bindings = {};
  try {
    for (const name of uses) {
      const fact = facts(name);
      bindings[name] = fact === undefined ? UNKNOWN : bindingOf(name, fact, scales);
    }
    return bindings;
  } catch (error) {
    if (error instanceof TooHeavy) return null;
    throw error;
  }
}

function bindingOf(name: string, fact: unknown, scales: Scales): CelInput {
  return name === 'now' ? timestampFromMs(Number(fact) / 1000) : scales.valueOf(fact);
}
