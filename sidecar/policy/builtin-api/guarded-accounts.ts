import type { KubeAction } from '../../action.ts';
import { hidesSpec, podSpots } from './pods.ts';
import type { BuiltinApiRule } from './rule.ts';
import type { Surroundings } from './surroundings.ts';
import { isOff, membersOf, OPAQUE, type Spot } from './written.ts';

/** Its token would lie open in such a Pod: only the injector gives it to one. */
export const keepGuardedAccounts: BuiltinApiRule = {
  name: 'builtin/keep-guarded-accounts',
  reason:
    'no Pod, and no template of one, may run as a ServiceAccount that is guarded: use another ServiceAccount',
  refuses: (action, surroundings) => {
    const guarded = guardedNames(action, surroundings);
    return (
      guarded.size > 0 && podSpots(action).some((spot) => namesAccount(spot, guarded, isPartial(action)))
    );
  },
};

/** The names that count; a resource of somebody else's may make Pods anywhere. */
function guardedNames(
  { request: { namespace, group } }: KubeAction,
  { serviceAccounts }: Surroundings,
): Set<string> {
  const everywhere = namespace === '' || group.includes('.');
  return new Set(
    serviceAccounts.filter((one) => everywhere || one.namespace === namespace).map(({ name }) => name),
  );
}

/** What such a patch does not say stays as it is. */
function isPartial({ body }: KubeAction): boolean {
  return body !== null && /^application\/(strategic-)?merge-patch\+json$/.test(body.summary.type);
}

function namesAccount(spot: Spot, guarded: ReadonlySet<string>, partial: boolean): boolean {
  if (hidesSpec(spot)) return true;
  if (guarded.has('default') && leavesDefault(spot, partial)) return true;
  if (!/serviceaccount/i.test(spot.key)) return false;
  const value = membersOf(spot.value).name ?? spot.value;
  return value === OPAQUE || guarded.has(String(value));
}

/** Where no account is named it is the one called `default`. */
function leavesDefault({ key, value }: Spot, partial: boolean): boolean {
  if (key === 'serviceAccountName' || key === 'serviceAccount') return isOff(value);
  const members = membersOf(value);
  const { containers, serviceAccountName, serviceAccount } = members;
  if (partial && members.$patch === undefined) return false;
  return containers !== undefined && serviceAccountName === undefined && serviceAccount === undefined;
}
