import { type BuiltinApiRule, isWrite } from './rule.ts';

const groupIs = (group: string, ...names: string[]) => names.includes(group.toLowerCase());

/** https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/ */
export const noCertificates: BuiltinApiRule = {
  name: 'builtin/no-certificates',
  reason: 'a certificate signed by the cluster reaches the API server past the gate',
  refuses: (action) => isWrite(action) && groupIs(action.request.group, 'certificates.k8s.io'),
};

/** https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/ */
export const noApiServices: BuiltinApiRule = {
  name: 'builtin/no-api-services',
  reason: 'an APIService lets somebody else answer for the API server',
  refuses: (action) => isWrite(action) && groupIs(action.request.group, 'apiregistration.k8s.io'),
};

/** Those that guard Pods among them: deleting one opens as much as making one. */
export const noAdmission: BuiltinApiRule = {
  name: 'builtin/no-admission-changes',
  reason: 'webhooks and admission policies see and change what others send to the API server',
  refuses: (action) => isWrite(action) && groupIs(action.request.group, 'admissionregistration.k8s.io'),
};
