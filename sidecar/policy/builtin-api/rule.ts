import type { KubeAction } from '../../action.ts';
import type { Surroundings } from './surroundings.ts';

/** A rule on requests to the Kubernetes API that no policy can switch off. What it cannot be sure of it refuses. */
export interface BuiltinApiRule {
  /** `builtin/…`. */
  name: string;
  /** One sentence: what it would open, and what to do instead where there is something. */
  reason: string | ((surroundings: Surroundings) => string);
  refuses(action: KubeAction, surroundings: Surroundings): boolean;
}

const READS = new Set(['get', 'list', 'watch']);

/** Changes something, or connects to something. */
export function isWrite({ request: { verb } }: KubeAction): boolean {
  return !READS.has(verb);
}

/** Gives the server an object, or parts of one. */
export function writesObject({ request: { verb } }: KubeAction): boolean {
  return verb === 'create' || verb === 'update' || verb === 'patch';
}

/**
 * The resource, whatever group it is asked for in: a server that is aggregated may serve it in another, and nothing is
 * lost by not minding the case.
 */
export function resourceIn({ request }: KubeAction): { resource: string; subresource: string } {
  return { resource: request.resource.toLowerCase(), subresource: request.subresource.toLowerCase() };
}
