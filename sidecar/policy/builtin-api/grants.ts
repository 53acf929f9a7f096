import { type BuiltinApiRule, resourceIn, writesObject } from './rule.ts';
import { isBelow, isOff, OPAQUE, type Spot, spotsOf } from './written.ts';

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping */
export const noBindings: BuiltinApiRule = {
  name: 'builtin/no-bindings',
  reason: "a binding gives the agent's rights to somebody who is not guarded: ask a person to make it",
  refuses: (action) => {
    const { resource } = resourceIn(action);
    return writesObject(action) && (resource === 'rolebindings' || resource === 'clusterrolebindings');
  },
};

export const noEscalation: BuiltinApiRule = {
  name: 'builtin/no-escalation',
  reason:
    'a role may not grant escalate, bind, impersonate or all verbs, nor gather other roles: name the verbs that are needed',
  refuses: (action) => {
    const { resource } = resourceIn(action);
    if (!writesObject(action) || (resource !== 'roles' && resource !== 'clusterroles')) return false;
    return spotsOf(action).some(escalates);
  },
};

/** Verbs by which more can be had than is granted; `impersonate:…` names a part of it. */
const ESCALATING = /^(\*|escalate|bind|impersonate\b.*)$/i;

function escalates(spot: Spot): boolean {
  const { key, value } = spot;
  if (isBelow(spot, 'metadata') || key === 'metadata') return false;
  if (value === OPAQUE) return true;
  if (key === 'aggregationRule' || isBelow(spot, 'aggregationRule')) return !isOff(value);
  return typeof value === 'string' && isBelow(spot, 'verbs') && ESCALATING.test(value.trim());
}
