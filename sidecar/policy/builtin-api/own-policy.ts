import type { Json, KubeAction } from '../../action.ts';
import { type BuiltinApiRule, isWrite, resourceIn, writesObject } from './rule.ts';
import { isInstalled } from './surroundings.ts';
import { membersOf, OPAQUE, type Spot, spotsOf } from './written.ts';

const GROUP = 'chaperone.dev';
const MARK = 'chaperone.dev/';
const GUARDED = 'chaperone.dev/guarded';

/** An agent may not write the rules that it is judged by. */
export const keepPolicies: BuiltinApiRule = {
  name: 'builtin/keep-policies',
  reason: 'an agent may not change the policies that it is judged by',
  refuses: (action) => {
    const group = action.request.group.toLowerCase();
    if (!isWrite(action)) return false;
    if (group === GROUP || group.endsWith(`.${GROUP}`)) return true;
    return resourceIn(action).resource === 'customresourcedefinitions' && definesOwn(action);
  },
};

function definesOwn(action: KubeAction): boolean {
  const { name, verb } = action.request;
  if (verb === 'deletecollection' || name.toLowerCase().endsWith(`.${GROUP}`)) return true;
  return spotsOf(action).some(({ key, value }) => key === 'group' && value === GROUP);
}

/**
 * The label says which namespaces the injector and its guard look at. A patch that names other labels leaves it; what
 * replaces or applies all of them has to bring it along.
 */
export const keepGuardMark: BuiltinApiRule = {
  name: 'builtin/keep-guard-mark',
  reason:
    'the labels of chaperone.dev on a namespace stay as they are: change other labels with a merge patch (kubectl label)',
  refuses: (action, surroundings) => {
    if (!isInstalled(surroundings) || resourceIn(action).resource !== 'namespaces' || !writesObject(action))
      return false;
    if (action.request.verb === 'create') return false;
    const isWhole =
      action.request.verb === 'update' || action.body?.summary.type === 'application/apply-patch+yaml';
    if (isWhole) return !bringsMark(action.body?.object ?? null);
    return spotsOf(action).some(losesMark);
  },
};

function bringsMark(object: Json): boolean {
  return membersOf(membersOf(membersOf(object).metadata ?? null).labels ?? null)[GUARDED] === 'true';
}

const AROUND_LABELS = new Set(['', 'metadata', 'labels']);

function losesMark({ key, value, replaced }: Spot): boolean {
  if (key.startsWith(MARK) || key.startsWith('$')) return true;
  return (replaced || value === OPAQUE || value === null) && AROUND_LABELS.has(key);
}
