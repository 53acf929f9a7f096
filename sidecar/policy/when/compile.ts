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
import { MAYBE, NO, type Tri, YES } from '../../match/tri.ts';
import { checkExpression, type Expr, WhenError } from './check.ts';
import type { Facts, Weighed, When, WhenCompiler } from './facts.ts';
import { Regexes } from './regexes.ts';
import { type RuleKind, VARIABLES } from './type.ts';
import { HEAVIEST, Scales, TooHeavy, type Value } from './value.ts';

/** Steps of loops that one evaluation may take. */
const MOST_STEPS = 10_000;
/** Steps by the weight of what there is to look at: each may look at all of it. */
const MOST_WORK = 4_000_000;

/** What an evaluation takes out of the purse by itself, and a step of a loop in it. */
const EVALUATION = 500;
const ONE_STEP = 10;

/** @throws Error with one line that says what is wrong, and where in the expression */
export const compileWhen: WhenCompiler = (source, kind) => {
  const { expr, uses } = read(source, kind);
  // Each expression has steps of its own to spend: evaluations never overlap.
  const steps = { left: 0 };
  countSteps(expr);
  const regexes = new Regexes();
  const evaluate = plan(environment(steps, regexes), expr);
  const ask = (facts: Facts): Tri => {
    const { purse } = facts;
    purse.left -= EVALUATION;
    const bound = purse.left < 0 ? null : bind(uses, facts);
    if (bound === null) return MAYBE;
    const most = Math.min(MOST_STEPS, MOST_WORK / Math.max(bound.weight, 1), purse.left / ONE_STEP);
    steps.left = most;
    regexes.purse = purse;
    const result = evaluate(bound.bindings as Record<string, CelInput>);
    purse.left -= (most - steps.left) * ONE_STEP;
    if (isCelError(result) || typeof result !== 'boolean') return MAYBE;
    return result ? YES : NO;
  };
  if (![...uses].every((name) => OF_ASKER.has(name))) return Object.assign(ask, { uses });
  const once: When = Object.assign(
    (facts: Facts): Tri => {
      const { said } = facts.purse;
      const answer = said.get(once) ?? ask(facts);
      said.set(once, answer);
      return answer;
    },
    { uses },
  );
  return once;
};

/** What is the same for all commands of a line. */
const OF_ASKER: ReadonlySet<string> = new Set(['identity', 'now']);

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

function environment(steps: { left: number }, regexes: Regexes) {
  const step = celFunc(STEP, [CelScalar.DYN], CelScalar.DYN, (condition) => {
    if (--steps.left < 0) throw new TooHeavy();
    return condition;
  });
  return celEnv({ funcs: [step], re2: { compile: (source) => regexes.compile(source) } });
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

/** What it asks about, made ready, and what that weighs; null where that is too much. */
function bind(uses: ReadonlySet<string>, facts: Facts): { bindings: Bindings; weight: number } | null {
  const bindings: Bindings = {};
  let weight = 0;
  for (const name of uses) {
    const fact = facts.weighed.get(name) ?? weighed(name, facts);
    if (fact === null) return null;
    weight += fact.weight;
    if (weight > HEAVIEST) return null;
    bindings[name] = fact.value === undefined ? UNKNOWN : bindingOf(name, fact.value);
  }
  return { bindings, weight };
}

function weighed(name: string, facts: Facts): Weighed {
  const fact = facts(name);
  const scales = new Scales();
  let made: Weighed = { value: undefined, weight: 0 };
  try {
    if (fact !== undefined) made = { value: scales.valueOf(fact), weight: scales.weight };
  } catch (error) {
    if (!(error instanceof TooHeavy)) throw error;
    made = null;
  }
  facts.weighed.set(name, made);
  return made;
}

function bindingOf(name: string, value: Value): CelInput {
  return name === 'now' ? timestampFromMs(Number(value) / 1000) : value;
}
