/**
 * The namespace in force: that of the current context of the kubeconfig, as clients of Kubernetes find it. Pure.
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
import { parse } from 'yaml';

type Members = Readonly<Record<string, unknown>>;

/**
 * @param texts of the files that are there, first ones first: what one says is not said otherwise by a later one
 * @param context by name; undefined for the current one
 * @returns null where it cannot be told
 */
export function namespaceIn(texts: readonly string[], context: string | undefined): string | null {
  let current = context ?? '';
  const contexts: Members[] = [];
  for (const text of texts) {
    const config = parsed(text);
    if (config === null) return null;
    if (current === '' && typeof config['current-context'] === 'string') current = config['current-context'];
    if (Array.isArray(config.contexts)) contexts.push(...config.contexts.map(members));
  }
  const named = contexts.find(({ name }) => name === current && current !== '');
  if (named === undefined) return null;
  const { namespace } = members(named.context);
  if (namespace === undefined || namespace === null || namespace === '') return 'default';
  return typeof namespace === 'string' ? namespace : null;
}

function parsed(text: string): Members | null {
  try {
    return members(parse(text, { maxAliasCount: 20, logLevel: 'error' }));
  } catch {
    return null;
  }
}

function members(value: unknown): Members {
  return value !== null && typeof value === 'object' ? (value as Members) : {};
}
