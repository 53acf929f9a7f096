/**
 * Whether the server will change nothing, as the options say that it will use: those in the body of a deletion replace
 * the query's, and an eviction's come before them. Pure.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
 */
import type { Json } from '../action.ts';
import type { RequestHead } from './classify.ts';

/** @param body the decoded body; undefined where there is none, null where it could not be decoded */
export function isDryRun(head: Pick<RequestHead, 'request' | 'parameters'>, body: Json | undefined): boolean {
  const { verb, resource, subresource } = head.request;
  const query = head.parameters.filter(([name]) => name === 'dryRun').map(([, value]) => value);
  switch (verb) {
    case 'delete':
    case 'deletecollection':
      return all(body === undefined ? query : member(body, 'dryRun'));
    case 'create': {
      if (resource !== 'pods' || subresource !== 'eviction') return all(query);
      const own = member(member(body ?? null, 'deleteOptions'), 'dryRun');
      return body === null ? false : all(isEmpty(own) ? query : own);
    }
    case 'update':
    case 'patch':
      return all(query);
    default:
      return false;
  }
}

/** The one value that there is, as often as it stands there. */
function all(values: Json | undefined): boolean {
  return Array.isArray(values) && values.length > 0 && values.every((value) => value === 'All');
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function member(value: Json | undefined, name: string): Json | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
