/**
 * Conditions on requests to the Kubernetes API. Three-valued: what only the server could tell is MAYBE.
 *
 * A request for a collection names nothing, and reaches everything in it: for a rule that refuses it concerns each
 * name, for one that allows it concerns a name only if the rule is for all of them. Namespaces likewise.
 */
import type { KubeAction } from '../action.ts';
import { readParameters } from '../kube/remote/parameters.ts';
import { both, every, MAYBE, NO, not, some, sure, type Tri, YES } from '../match/tri.ts';
import { anyOf, type TextTest } from './pattern.ts';
import type { ApiConditions, ApiRule } from './schema/api.ts';
import type { Pattern } from './schema/text.ts';
import { verbsOf } from './verbs.ts';

export type ApiMatcher = (action: KubeAction) => Tri;

/** @param allows true for a rule that allows: then only what is wholly covered matches. */
export function compileApiMatch({ unless, ...conditions }: ApiRule['match'], allows: boolean): ApiMatcher {
  const holds = compileConditions(conditions, allows);
  if (unless === undefined) return holds;
  // What lifts a refusal has to be as certain as what allows, and the other way about.
  const lifted = compileConditions(unless, !allows);
  return (action) => {
    const answer = holds(action);
    return answer === NO ? NO : both(answer, not(lifted(action)));
  };
}

function compileConditions(match: ApiConditions, allows: boolean): ApiMatcher {
  const { verbs, groups, resources, namespaces, names, paths, dryRun } = match;
  const conditions: ApiMatcher[] = [];
  if (verbs) conditions.push(verbCondition(verbs));
  if (groups) conditions.push(onResource(anyOf(groups), ({ request }) => request.group));
  if (resources) conditions.push(onResource(anyOf(resources), ({ request }) => resourceOf(request)));
  if (namespaces) conditions.push(placeCondition(namespaces, allows, namespacePlace));
  if (names) conditions.push(placeCondition(names, allows, namePlace));
  if (paths) {
    const test = anyOf(paths);
    conditions.push(({ request }) => sure(request.resource === '' && test(request.path)));
  }
  if (dryRun !== undefined) conditions.push((action) => sure(action.dryRun === dryRun));
  for (const flag of ['tty', 'stdin'] as const) {
    const wanted = match[flag];
    if (wanted !== undefined) conditions.push((action) => sure(asks(action, flag) === wanted));
  }
  return (action) => every(conditions, (condition) => condition(action));
}

function verbCondition(patterns: readonly Pattern[]): ApiMatcher {
  const test = anyOf(patterns);
  return (action) =>
    some(verbsOf(action), ({ verb, certain }) => (test(verb) ? (certain ? YES : MAYBE) : NO));
}

function onResource(test: TextTest, of: (action: KubeAction) => string): ApiMatcher {
  return (action) => sure(action.request.resource !== '' && test(of(action)));
}

/** Null where it is no remote command. */
function asks(action: KubeAction, flag: 'tty' | 'stdin'): boolean | null {
  const isCommand = /^pods\/(exec|attach)$/.test(resourceOf(action.request));
  return isCommand ? readParameters(action)[flag] : null;
}

/** `pods`, `pods/exec`. */
function resourceOf({ resource, subresource }: KubeAction['request']): string {
  return subresource === '' ? resource : `${resource}/${subresource}`;
}

/** The name or namespace that a request is for; `all` of them; or `none`; or null where it cannot be told. */
type Place = { one: string } | 'all' | 'none' | null;

function placeCondition(
  patterns: readonly Pattern[],
  allows: boolean,
  placeOf: (action: KubeAction) => Place,
): ApiMatcher {
  const test = anyOf(patterns);
  const everything = patterns.some((pattern) => pattern === '*');
  return (action) => {
    const place = placeOf(action);
    if (place === 'none') return NO;
    if (place === null) return everything ? YES : MAYBE;
    if (place === 'all') return sure(everything || !allows);
    return sure(test(place.one));
  };
}

const COLLECTION_VERBS = new Set(['list', 'watch', 'deletecollection']);

function namespacePlace({ request }: KubeAction): Place {
  if (request.resource === '') return 'none';
  if (request.namespace !== '') return { one: request.namespace };
  return COLLECTION_VERBS.has(request.verb) ? 'all' : 'none';
}

function namePlace({ request, body }: KubeAction): Place {
  if (request.resource === '') return 'none';
  if (request.name !== '') return { one: request.name };
  if (COLLECTION_VERBS.has(request.verb)) return 'all';
  return nameInBody(body?.object ?? null);
}

/** The name of an object that is created; null where the server makes one up. */
function nameInBody(object: unknown): Place {
  const metadata = (object as { metadata?: { name?: unknown } } | null)?.metadata;
  return typeof metadata?.name === 'string' && metadata.name !== '' ? { one: metadata.name } : null;
}
