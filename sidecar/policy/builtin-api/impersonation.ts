import type { BuiltinApiRule } from './rule.ts';

/** https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/ */
export const noImpersonation: BuiltinApiRule = {
  name: 'builtin/no-impersonation',
  reason: 'requests are made as the agent itself: leave out --as and the Impersonate- headers',
  refuses: ({ impersonates }) => impersonates === true,
};
