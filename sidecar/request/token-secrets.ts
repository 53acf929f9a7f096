/**
 * Types of Secrets that the server takes for credentials of its own: who reads one reaches it past the gate. Pure.
 * https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
 */
export const TOKEN_SECRETS: ReadonlySet<string> = new Set([
  'kubernetes.io/service-account-token',
  'bootstrap.kubernetes.io/token',
]);
