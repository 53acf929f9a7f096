/**
 * Rules on requests to the Kubernetes API that no policy can switch off: they keep the agent from reaching the server
 * as anyone but through the gate. What a rule cannot be sure of it refuses.
 */
import type { KubeAction } from '../action.ts';

export interface BuiltinApiRule {
  /** `builtin/…`. */
  name: string;
  reason: string;
  refuses(action: KubeAction): boolean;
}

export const BUILTIN_API_RULES: readonly BuiltinApiRule[] = [
  {
    name: 'builtin/no-token-minting',
    reason: 'a token of a ServiceAccount reaches the API server past the gate',
    refuses: ({ request }) => request.resource === 'serviceaccounts' && request.subresource === 'token',
  },
];
