/**
 * Parameters that decide something: none of them may stand twice, since the server looks at one only, and those that
 * are numbers have to be numbers. Pure.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-parameters/common-parameters/
 */
import { Unfit } from './refusal.ts';
import type { Parameter } from './target.ts';

/** Options of the API's own: of lists, deletions, writes, logs, exec, attach and proxies. */
const DECISIVE: ReadonlySet<string> = new Set([
  ...['watch', 'fieldSelector', 'labelSelector', 'limit', 'continue', 'timeoutSeconds', 'timeout'],
  ...['resourceVersion', 'resourceVersionMatch', 'allowWatchBookmarks', 'sendInitialEvents', 'includeObject'],
  ...['dryRun', 'fieldManager', 'fieldValidation', 'force', 'pretty'],
  ...['gracePeriodSeconds', 'propagationPolicy', 'orphanDependents'],
  ...['ignoreStoreReadErrorWithClusterBreakingPotential', 'preconditions'],
  ...['container', 'stdin', 'stdout', 'stderr', 'tty', 'path'],
  ...['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes', 'stream'],
  'insecureSkipTLSVerifyBackend',
]);
const NUMBERS = new Set(['limit', 'timeoutSeconds', 'gracePeriodSeconds']);

/** @throws Unfit */
export function checkParameters(parameters: readonly Parameter[]): void {
  const seen = new Set<string>();
  for (const [name, value] of parameters) {
    if (!DECISIVE.has(name)) continue;
    if (seen.has(name)) throw new Unfit('query-duplicate', `${name} stands twice in the query: give it once`);
    seen.add(name);
    if (NUMBERS.has(name) && !/^[-+]?[0-9]{1,18}$/.test(value)) {
      throw new Unfit('query-value', `${name} in the query is not a number`);
    }
  }
}
