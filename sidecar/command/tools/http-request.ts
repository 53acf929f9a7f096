/** What a method and a URL's path come to at an API server: the reading is the proxy's own. Pure. */
import type { ApiIntent } from '../../action.ts';
import { Unfit } from '../../kube/request/refusal.ts';
import { parseMethod, requestInfo } from '../../kube/request/request-info.ts';
import { mayScale } from '../../kube/request/scale/replicas.ts';
import { parseTarget } from '../../kube/request/target.ts';
import type { Known } from './arguments.ts';
import { anything, type Line } from './kubectl/line.ts';

/** `kubectl get --raw PATH`. The shell takes a question mark in it for a glob, which hardly ever names a file. */
export function rawRequest(method: string, line: Line): ApiIntent {
  const { impersonates } = anything(line);
  const request = httpRequest(method, line.args.options.get('raw')?.at(-1)?.value ?? null);
  return { ...request, impersonates, certain: request.certain && line.certain };
}

/** @param target path and query */
export function httpRequest(method: Known, target: Known): ApiIntent {
  const nothing = anything();
  if (method === null || target === null) return nothing;
  try {
    const parsed = parseTarget(target);
    const request = requestInfo(parseMethod(method), parsed);
    const { verb, group, resource, subresource, namespace, name, path } = request;
    const { parameters } = parsed;
    const dryRun = parameters.some(([key, value]) => key === 'dryRun' && value === 'All');
    return {
      ...{ verb, group, resource, subresource, namespace, name, path, parameters, dryRun },
      scales: mayScale({ request, dryRun }) ? 'unknown' : 'no',
      impersonates: false,
      certain: true,
    };
  } catch (error) {
    if (error instanceof Unfit) return nothing;
    throw error;
  }
}
