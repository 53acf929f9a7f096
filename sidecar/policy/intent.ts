/**
 * A request that a command comes to, seen as the request that it would be. What is not known of it has a name that no
 * object has, so that no rule matches by it. Pure.
 */
import type { ApiIntent, KubeAction } from '../action.ts';

/** Stands for what is not known: no API server takes it for a name. */
export const UNKNOWN = '?';

export function asRequest(intent: ApiIntent): KubeAction {
  const { verb, group, resource, subresource, namespace, name, path, parameters } = intent;
  return {
    ...{ kind: 'request', id: '', method: '', uri: '', client: {}, body: null, unknown: [] },
    request: {
      verb: verb ?? UNKNOWN,
      group: group ?? UNKNOWN,
      version: '',
      resource: resource ?? UNKNOWN,
      subresource: subresource ?? UNKNOWN,
      namespace: namespace ?? UNKNOWN,
      name: name ?? UNKNOWN,
      path: path ?? UNKNOWN,
    },
    parameters,
    dryRun: intent.dryRun === true,
    impersonates: intent.impersonates,
    scales: intent.scales,
  };
}

/** `delete namespaces "x"`, for people. */
export function intentText({ verb, group, resource, subresource, namespace, name, path }: ApiIntent): string {
  if (path !== null && path !== '') return `${verb ?? 'any verb'} ${path}`;
  const what = resource === null ? 'any resource' : `${resource}${subresource ? `/${subresource}` : ''}`;
  const whole = group ? `${what}.${group}` : what;
  const named = name === null ? ' of any name' : name === '' ? '' : ` ${JSON.stringify(name)}`;
  const place = namespace === null ? ' in any namespace' : namespace === '' ? '' : ` in ${namespace}`;
  return `${verb ?? 'any verb'} ${whole}${named}${place}`;
}
