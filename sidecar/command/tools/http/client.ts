/** What a client of HTTP asks, whichever it is: hosts, and requests to the Kubernetes API among what it asks. */
import type { ApiIntent } from '../../../action.ts';
import type { Word } from '../../words/fields.ts';
import { type Arguments, isSet } from '../arguments.ts';
import type { Known } from '../known.ts';
import type { ToolUse } from '../tool.ts';
import { requestAnywhere, requestAt } from './api-request.ts';
import { expanded, HOLE, parseUrl, type Url, urlOf } from './url.ts';

/** Requests of one method, to each of the URLs. */
export interface Asking {
  method: Known;
  urls: readonly Url[];
  /** Headers name somebody else to act as. */
  impersonates: boolean;
}

export function asks({ method, urls, impersonates }: Asking): { requests: ApiIntent[]; hosts: Known[] } {
  const requests = urls.flatMap((url) => {
    if (isUnknown(url)) return requestAnywhere(method);
    return requestAt(method, url) ?? [];
  });
  return {
    requests: requests.map((request) => ({ ...request, impersonates })),
    hosts: urls.flatMap(({ host, scheme }) => (scheme === 'file' ? [] : [host])),
  };
}

/** Nothing of it is known that would tell whose it is. */
function isUnknown({ host, inCluster, target }: Url): boolean {
  return host === null && !inCluster && (target === '' || target.startsWith(HOLE));
}

/** The requests among one another's and the capability that goes with them. */
export function used(all: readonly { requests: ApiIntent[]; hosts: Known[] }[]): ToolUse {
  const requests = all.flatMap((one) => one.requests);
  const talks = requests.some(({ certain }) => certain);
  return {
    requests,
    hosts: [...new Set(all.flatMap(({ hosts }) => hosts))],
    capabilities: talks ? ['kubernetes'] : [],
  };
}

/** The URLs that a word stands for, by curl's globs where it has them. */
export function urlsIn(word: Word, globs: boolean): Url[] {
  const url = urlOf(word);
  const text = word.value;
  if (!globs || text === null || !/[{[]/.test(text)) return [url];
  const all = expanded(text);
  if (all === null) return [{ ...url, target: `/${HOLE}` }];
  return all.map((one) => parseUrl(one, url.inCluster));
}

/** https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/ */
export function hasImpersonation(headers: readonly Word[]): boolean {
  return headers.some(({ value, pattern }) => /^impersonate-/i.test(value ?? pattern));
}

export function anySet(args: Arguments, names: readonly string[]): boolean {
  return names.some((name) => isSet(args, name) !== false);
}
