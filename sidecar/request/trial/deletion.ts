/**
 * The options of a deletion or an eviction, written anew: with preconditions, and as a dry run. Pure.
 *
 * A body replaces the options of the query as a whole, so what the query says goes into it.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/delete-options/
 */
import type { Json, KubeAction } from '../../action.ts';

export interface Deletion {
  /** It is asked for by way of the subresource `eviction`. */
  evicts: boolean;
  /** Null where its options cannot be read: then nothing may be added to them. */
  body(change: {
    preconditions: { [member: string]: Json } | null | object;
    dryRun: boolean;
  }): Uint8Array | null;
}

type Members = { [member: string]: Json };

/** Null for what is no deletion of one object. */
export function deletionOf(action: KubeAction): Deletion | null {
  const { verb, resource, subresource } = action.request;
  if (verb === 'delete' && subresource === '') {
    const options = optionsOf(action);
    return { evicts: false, body: (change) => options && encoded(withChange(options, change)) };
  }
  if (verb !== 'create' || resource !== 'pods' || subresource !== 'eviction') return null;
  const eviction = membersOf(action.body?.object);
  const own = eviction && membersOf(eviction.deleteOptions ?? {});
  return {
    evicts: true,
    body: (change) => own && encoded({ ...eviction, deleteOptions: withChange(own, change) }),
  };
}

function withChange(options: Members, { preconditions, dryRun }: Parameters<Deletion['body']>[0]): Members {
  const own = membersOf(options.preconditions ?? {}) ?? {};
  return {
    ...options,
    // What the client demands itself stands, and the server says whether it holds.
    ...(preconditions !== null && { preconditions: { ...preconditions, ...own } }),
    ...(dryRun && { dryRun: ['All'] }),
  };
}

function optionsOf({ body, parameters }: KubeAction): Members | null {
  if (body !== null) return membersOf(body.object);
  const options: Members = {};
  for (const [name, value] of parameters) {
    const read = READ[name];
    // What an API server does not know it leaves alone.
    if (read === undefined) continue;
    const option = read(value);
    if (option === undefined) return null;
    options[name] = option;
  }
  return options;
}

/** How an option of the query is read; undefined for what cannot be. */
const READ: Record<string, (value: string) => Json | undefined> = {
  gracePeriodSeconds: (value) => (/^-?\d{1,15}$/.test(value) ? Number(value) : undefined),
  propagationPolicy: (value) => value,
  orphanDependents: readBoolean,
  ignoreStoreReadErrorWithClusterBreakingPotential: readBoolean,
  // Anything but `All` is an error there; a body would hide it.
  dryRun: () => undefined,
};

function readBoolean(value: string): boolean | undefined {
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

function membersOf(value: Json | undefined): Members | null {
  return value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)
    ? null
    : value;
}

function encoded(body: Members): Uint8Array {
  return Buffer.from(JSON.stringify(body));
}
