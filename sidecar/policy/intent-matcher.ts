/**
 * Conditions on requests to the Kubernetes API, asked of those that a command comes to. As in api-matcher.ts, but more
 * may be unknown: a part that only running the command tells makes an answer MAYBE, unless the rule is for all there are.
 */
import type { ApiIntent } from '../action.ts';
import { isBuiltInKind } from '../command/tools/kubectl/kinds.ts';
import { readParameters } from '../kube/remote/parameters.ts';
import { both, every, MAYBE, NO, not, some, sure, type Tri, YES } from '../match/tri.ts';
import { isBuiltIn } from '../request/built-in-groups.ts';
import { asRequest } from './intent.ts';
import { anyOf } from './pattern.ts';
import type { ApiConditions, ApiRule } from './schema/api.ts';
import type { Pattern } from './schema/text.ts';
import { verbsOf } from './verbs.ts';

export type IntentMatcher = (intent: ApiIntent) => Tri;

/** For rules that refuse: what a rule allows says nothing of the command. */
export function compileIntentMatch({ unless, ...conditions }: ApiRule['match']): IntentMatcher {
  const holds = compileConditions(conditions, false);
  const lifted: IntentMatcher = unless === undefined ? () => NO : compileConditions(unless, true);
  return (intent) => asFarAs(intent, both(holds(intent), not(lifted(intent))));
}

/** What may not be asked for is not certain. */
export function asFarAs({ certain }: ApiIntent, answer: Tri): Tri {
  return certain ? answer : both(answer, MAYBE);
}

function compileConditions(match: ApiConditions, allows: boolean): IntentMatcher {
  const { verbs, groups, resources, namespaces, names, paths, dryRun } = match;
  const conditions: IntentMatcher[] = [];
  if (verbs) conditions.push(verbCondition(verbs));
  if (groups) conditions.push(groupCondition(groups));
  if (resources) conditions.push(resourceCondition(resources));
  if (namespaces) conditions.push(placeCondition(namespaces, allows, (intent) => intent.namespace, 'none'));
  if (names) conditions.push(placeCondition(names, allows, (intent) => intent.name, null));
  if (paths) conditions.push(pathCondition(paths));
  if (dryRun !== undefined) conditions.push((intent) => flag(intent.dryRun, dryRun));
  for (const name of ['tty', 'stdin'] as const) {
    const wanted = match[name];
    if (wanted !== undefined) conditions.push((intent) => flag(asks(intent, name), wanted));
  }
  return (intent) => every(conditions, (condition) => condition(intent));
}

function flag(told: boolean | null | undefined, wanted: boolean): Tri {
  return told === null ? MAYBE : sure(told === wanted);
}

function verbCondition(patterns: readonly Pattern[]): IntentMatcher {
  const test = anyOf(patterns);
  return (intent) => {
    if (intent.verb === null) return MAYBE;
    return some(verbsOf(asRequest(intent)), ({ verb, certain }) =>
      test(verb) ? (certain ? YES : MAYBE) : NO,
    );
  };
}

function groupCondition(patterns: readonly Pattern[]): IntentMatcher {
  const test = anyOf(patterns);
  const ofOthers = patterns.some((pattern) => !isPlain(pattern) || !isBuiltIn(pattern));
  return ({ resource, group, custom }) => {
    if (resource === '') return NO;
    if (group === null) return custom && !ofOthers ? NO : MAYBE;
    return sure(test(group));
  };
}

function resourceCondition(patterns: readonly Pattern[]): IntentMatcher {
  const test = anyOf(patterns);
  return (intent) => {
    const { resource, subresource } = intent;
    if (resource === '') return NO;
    if (resource !== null && subresource !== null)
      return sure(test(subresource === '' ? resource : `${resource}/${subresource}`));
    return sure(patterns.some((pattern) => mayName(pattern, intent))) === NO ? NO : MAYBE;
  };
}

/** Whether what is not known in full may be what the pattern names. */
function mayName(pattern: Pattern, { custom, resource, subresource }: ApiIntent): boolean {
  if (!isPlain(pattern)) return true;
  const [named = '', below = ''] = pattern.split('/');
  if (resource !== null && named !== resource) return false;
  if (custom && isBuiltInKind(named)) return false;
  return subresource === null || below === subresource;
}

function isPlain(pattern: Pattern): pattern is string {
  return typeof pattern === 'string' && !/[*?[\]\\]/.test(pattern);
}

const COLLECTION_VERBS: ReadonlySet<string | null> = new Set(['list', 'watch', 'deletecollection', null]);

/** @param absent what it is for a request that names none and is for no collection: for a name null, for it may be generated */
function placeCondition(
  patterns: readonly Pattern[],
  allows: boolean,
  of: (intent: ApiIntent) => string | null,
  absent: 'none' | null,
): IntentMatcher {
  const test = anyOf(patterns);
  const everything = patterns.some((pattern) => pattern === '*');
  return (intent) => {
    if (intent.resource === '') return NO;
    const place = of(intent);
    if (place === null) return everything ? YES : MAYBE;
    if (place !== '') return sure(test(place));
    if (COLLECTION_VERBS.has(intent.verb)) return sure(everything || !allows);
    return absent === 'none' ? NO : everything ? YES : MAYBE;
  };
}

function pathCondition(patterns: readonly Pattern[]): IntentMatcher {
  const test = anyOf(patterns);
  return ({ path }) => (path === null ? MAYBE : sure(path !== '' && test(path)));
}

/** Undefined where it is no remote command. */
function asks(intent: ApiIntent, name: 'tty' | 'stdin'): boolean | null | undefined {
  const { resource, subresource } = intent;
  if (resource === null && subresource === null) return null;
  const isCommand = resource === 'pods' && (subresource === 'exec' || subresource === 'attach');
  return isCommand ? readParameters(intent)[name] : undefined;
}
