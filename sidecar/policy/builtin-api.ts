/**
 * Rules on requests to the Kubernetes API that no policy can switch off: they keep the agent from reaching the server
 * as anyone but through the gate. What a rule cannot be sure of it refuses. To add one, add an entry.
 */
import { noAdmission, noApiServices, noCertificates } from './builtin-api/control-plane.ts';
import { noForceDeletion } from './builtin-api/force-deletion.ts';
import { noBindings, noEscalation } from './builtin-api/grants.ts';
import { keepGuardedAccounts } from './builtin-api/guarded-accounts.ts';
import { noImpersonation } from './builtin-api/impersonation.ts';
import { noNodeAccess } from './builtin-api/node-access.ts';
import { keepOwnContainers, keepOwnVolumes } from './builtin-api/own-containers.ts';
import { keepOwnNamespace } from './builtin-api/own-namespace.ts';
import { keepGuardMark, keepPolicies } from './builtin-api/own-policy.ts';
import { noProxies } from './builtin-api/proxies.ts';
import { noEntry, noOwnPorts } from './builtin-api/remote.ts';
import type { BuiltinApiRule } from './builtin-api/rule.ts';
import { noTokenMinting, noTokenSecrets } from './builtin-api/tokens.ts';

export const BUILTIN_API_RULES: readonly BuiltinApiRule[] = [
  noImpersonation,
  noTokenMinting,
  noTokenSecrets,
  noProxies,
  noCertificates,
  noApiServices,
  noAdmission,
  noBindings,
  noEscalation,
  noNodeAccess,
  noEntry,
  noOwnPorts,
  keepOwnContainers,
  keepOwnVolumes,
  keepGuardedAccounts,
  keepOwnNamespace,
  noForceDeletion,
  keepPolicies,
  keepGuardMark,
];
