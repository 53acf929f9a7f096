/**
 * Which writes an API server is sure to only try when it is asked for a dry run: those of the kinds that it serves itself.
 * An aggregated server may take no notice of the parameter and do the write; a proxied one certainly would. Pure.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
 */
import type { KubeAction } from '../../action.ts';
import { isBuiltIn } from '../built-in-groups.ts';

/** `custom`: only where the server serves that group itself, from definitions; a question to it tells. */
export type Triable = 'yes' | 'custom' | { why: string };

const WRITES = new Set(['create', 'update', 'patch', 'delete']);
/** Of built-in kinds: parts of an object, or what is done to it. */
const SUBRESOURCES = new Set([
  ...['', 'status', 'scale', 'finalize', 'approval', 'ephemeralcontainers', 'resize'],
  ...['eviction', 'binding'],
]);
const CUSTOM_SUBRESOURCES = new Set(['', 'status', 'scale']);

export function triable({ request }: Pick<KubeAction, 'request'>): Triable {
  const { verb, group, resource, subresource } = request;
  if (resource === '') return { why: 'it is for no resource of the API' };
  if (!WRITES.has(verb)) return { why: `there is no dry run of ${verb}` };
  if (isBuiltIn(group))
    return SUBRESOURCES.has(subresource)
      ? 'yes'
      : { why: `what ${resource}/${subresource} does, no dry run tells` };
  return CUSTOM_SUBRESOURCES.has(subresource)
    ? 'custom'
    : { why: `${resource}/${subresource} is another server's to carry out` };
}
