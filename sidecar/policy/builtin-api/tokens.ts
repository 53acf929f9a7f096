import type { KubeAction } from '../../action.ts';
import { isBuiltIn } from '../../request/built-in-groups.ts';
import { TOKEN_SECRETS } from '../../request/token-secrets.ts';
import { type BuiltinApiRule, resourceIn, writesObject } from './rule.ts';
import { isOff, OPAQUE, type Spot, spotsOf } from './written.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
export const noTokenMinting: BuiltinApiRule = {
  name: 'builtin/no-token-minting',
  reason: 'a token of a ServiceAccount reaches the API server past the gate',
  refuses: (action) => {
    const { resource, subresource } = resourceIn(action);
    return resource === 'serviceaccounts' && subresource === 'token';
  },
};

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
  return key === 'type' && TOKEN_SECRETS.has(String(value));
}

/** A controller of somebody else's may make Secrets of whatever type it is told. */
function wantsToken({ request: { group } }: KubeAction): (spot: Spot) => boolean {
  return ({ key, value }) =>
    !isBuiltIn(group) && key.toLowerCase().endsWith('type') && TOKEN_SECRETS.has(String(value));
}
