import type { Json, KubeAction } from '../../action.ts';
import { isBuiltIn } from '../../kube/built-in-groups.ts';
import { type BuiltinApiRule, resourceIn, writesObject } from './rule.ts';
import { isOff, membersOf, OPAQUE, type Spot, spotsOf } from './written.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
export const noTokenMinting: BuiltinApiRule = {
  name: 'builtin/no-token-minting',
  reason: 'a token of a ServiceAccount reaches the API server past the gate',
  refuses: (action) => {
    const { resource, subresource } = resourceIn(action);
    return resource === 'serviceaccounts' && subresource === 'token';
  },
};

/**
 * Types of Secrets that the server takes for credentials of its own.
 * https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
 */
const CREDENTIALS = new Set(['kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token']);
const NAMES_ACCOUNT = 'kubernetes.io/service-account.name';

export const noTokenSecrets: BuiltinApiRule = {
  name: 'builtin/no-token-secrets',
  reason: 'a Secret that holds a token of the cluster reaches the API server past the gate',
  refuses: (action) =>
    writesObject(action) && spotsOf(action).some(isSecret(action) ? makesToken : wantsToken(action)),
};

function isSecret(action: KubeAction): boolean {
  return resourceIn(action).resource === 'secrets';
}

/** Sets such a type, or says whose token it is to hold. */
function makesToken(spot: Spot): boolean {
  const { key, value } = spot;
  if (key === NAMES_ACCOUNT) return !isOff(value);
  if (value === OPAQUE) return key === '' || key === 'type' || key === 'metadata' || key === 'annotations';
  return key === 'type' && CREDENTIALS.has(String(value));
}

/** A controller of somebody else's may make Secrets of whatever type it is told. */
function wantsToken({ request: { group } }: KubeAction): (spot: Spot) => boolean {
  return ({ key, value }) =>
    !isBuiltIn(group) && key.toLowerCase().endsWith('type') && CREDENTIALS.has(String(value));
}

export interface AnswerRefusal {
  rule: string;
  reason: string;
}

/**
 * What may not be shown of an answer, whatever the verb was: the answer to a patch holds the whole object too.
 *
 * @param answer what the server answered: an object, a list, a table, one event of a watch; null where it could not be
 *   decoded
 */
export function answerRefusal(action: KubeAction, answer: Json | null): AnswerRefusal | null {
  if (!isSecret(action)) return null;
  if (answer !== null && !objectsIn(answer).some(holdsToken)) return null;
  const reason =
    'a token of the cluster in it reaches the API server past the gate: name the Secret that is meant, or list with ' +
    '--field-selector type!=kubernetes.io/service-account-token';
  return { rule: noTokenSecrets.name, reason };
}

/** The objects in it: itself, the items of a list, the rows of a table, what an event is about. */
function objectsIn(answer: Json): Json[] {
  const { items, rows, object } = membersOf(answer);
  const rowObjects = Array.isArray(rows) ? rows.map((row) => membersOf(row).object ?? null) : [];
  const inner = [
    ...(Array.isArray(items) ? items : []),
    ...rowObjects,
    ...(object === undefined ? [] : [object]),
  ];
  return [answer, ...inner.flatMap(objectsIn)];
}

function holdsToken(object: Json): boolean {
  const { type, data } = membersOf(object);
  return CREDENTIALS.has(String(type)) && data !== undefined && data !== null;
}
