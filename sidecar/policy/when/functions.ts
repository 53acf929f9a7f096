/** The functions and operators that a `when` expression may use: those of CEL's standard definitions. */
import { agree, type Type } from './type.ts';

type Result = Type | null;
/** The type of a call, null for one that there is none of. A target comes first among the arguments. */
type Signature = (args: readonly Type[]) => Result;

const NUMBERS: readonly Type[] = ['int', 'uint', 'double'];
const ORDERED: readonly Type[] = [...NUMBERS, 'string', 'bytes', 'bool', 'timestamp', 'duration'];
const isOne = (types: readonly Type[]) => (type: Type) => type === 'dyn' || types.includes(type);
const isNumber = isOne(NUMBERS);
const isOrdered = isOne(ORDERED);

const takes =
  (expected: readonly Type[], result: Type): Signature =>
  (args) =>
    args.length === expected.length &&
    args.every((arg, at) => agree(arg, expected[at]!)) &&
    !args.includes('null')
      ? result
      : null;

const either =
  (...signatures: readonly Signature[]): Signature =>
  (args) =>
    signatures.map((signature) => signature(args)).find((result) => result !== null) ?? null;

const converts =
  (from: readonly Type[], to: Type): Signature =>
  ([arg, ...more]) =>
    arg !== undefined && more.length === 0 && isOne(from)(arg) ? to : null;

const equal: Signature = ([a, b]) => (a !== undefined && b !== undefined && comparable(a, b) ? 'bool' : null);

/** Numbers of different kinds are equal where they are the same number. */
function comparable(a: Type, b: Type): boolean {
  return agree(a, b) || (isNumber(a) && isNumber(b));
}

const less: Signature = ([a, b]) =>
  a !== undefined && b !== undefined && isOrdered(a) && isOrdered(b) && comparable(a, b) ? 'bool' : null;

const arithmetic: Signature = ([a, b]) => {
  if (a === undefined || b === undefined || !isNumber(a) || !isNumber(b) || !agree(a, b)) return null;
  return a === 'dyn' ? b : a;
};

const joined: Signature = ([a, b]) => {
  if (a === undefined || b === undefined || !agree(a, b) || a === 'null' || b === 'null') return null;
  const joins = (type: Type) =>
    isOne(['string', 'bytes'])(type) || (typeof type === 'object' && 'list' in type);
  return joins(a) && joins(b) ? (a === 'dyn' ? b : a) : null;
};

const moments = either(
  takes(['timestamp', 'duration'], 'timestamp'),
  takes(['duration', 'timestamp'], 'timestamp'),
  takes(['duration', 'duration'], 'duration'),
);

const isIn: Signature = ([, holder]) => {
  if (holder === undefined || holder === 'dyn') return holder === undefined ? null : 'bool';
  return typeof holder === 'object' && ('list' in holder || 'map' in holder) ? 'bool' : null;
};

const size: Signature = ([of, ...more]) => {
  if (of === undefined || more.length > 0) return null;
  const measured = isOne(['string', 'bytes'])(of) || (typeof of === 'object' && !('members' in of));
  return measured ? 'int' : null;
};

const conditional: Signature = ([condition, yes, no]) => {
  if (condition === undefined || yes === undefined || no === undefined || !agree(condition, 'bool'))
    return null;
  return agree(yes, no) ? (yes === 'dyn' || yes === 'null' ? no : yes) : 'dyn';
};

/** In UTC, or in the time zone that is named. */
const timePart = either(
  takes(['timestamp'], 'int'),
  takes(['timestamp', 'string'], 'int'),
  takes(['duration'], 'int'),
);
const datePart = either(takes(['timestamp'], 'int'), takes(['timestamp', 'string'], 'int'));
const ofTexts = takes(['string', 'string'], 'bool');
const logic = takes(['bool', 'bool'], 'bool');

const SIGNATURES = new Map<string, Signature>([
  ['_&&_', logic],
  ['_||_', logic],
  ['!_', takes(['bool'], 'bool')],
  ['@not_strictly_false', takes(['bool'], 'bool')],
  ['_==_', equal],
  ['_!=_', equal],
  ...['_<_', '_<=_', '_>_', '_>=_'].map((name): [string, Signature] => [name, less]),
  ['_+_', either(arithmetic, joined, moments)],
  ['_-_', either(arithmetic, takes(['timestamp', 'timestamp'], 'duration'), moments)],
  ...['_*_', '_/_', '_%_'].map((name): [string, Signature] => [name, arithmetic]),
  ['-_', ([a, ...more]) => (a !== undefined && more.length === 0 && isNumber(a) ? a : null)],
  ['_?_:_', conditional],
  ['@in', isIn],
  ['size', size],
  ...['contains', 'startsWith', 'endsWith', 'matches'].map((name): [string, Signature] => [name, ofTexts]),
  ['int', converts([...NUMBERS, 'string', 'timestamp', 'duration'], 'int')],
  ['uint', converts([...NUMBERS, 'string'], 'uint')],
  ['double', converts([...NUMBERS, 'string'], 'double')],
  ['string', converts([...ORDERED], 'string')],
  ['bool', converts(['bool', 'string'], 'bool')],
  ['timestamp', converts(['string', 'int', 'timestamp'], 'timestamp')],
  ['duration', converts(['string', 'duration', 'int'], 'duration')],
  ['dyn', ([of, ...more]) => (of !== undefined && more.length === 0 ? 'dyn' : null)],
  ...['getHours', 'getMinutes', 'getSeconds', 'getMilliseconds'].map((name): [string, Signature] => [
    name,
    timePart,
  ]),
  ...['getFullYear', 'getMonth', 'getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear'].map(
    (name): [string, Signature] => [name, datePart],
  ),
]);

/** Undefined for a function that there is not, null for arguments that it does not take. */
export function resultOf(name: string, args: readonly Type[]): Type | null | undefined {
  return SIGNATURES.get(name)?.(args);
}
