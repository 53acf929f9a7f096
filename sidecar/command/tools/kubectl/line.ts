/** One reading of a kubectl line, and the requests that can be made of it. Pure. */
import type { ApiIntent } from '../../../action.ts';
import { mayScale } from '../../../request/scale/replicas.ts';
import type { Word } from '../../words/fields.ts';
import { type Arguments, isSet, known, option } from '../arguments.ts';
import type { Known } from '../known.ts';
import type { Kind } from './kinds.ts';
import type { Target } from './target.ts';

export interface Line {
  args: Arguments;
  /** What stands behind the command's names. */
  operands: readonly Word[];
  /** As `--namespace` says, or the context; null where that is not known. */
  namespace: Known;
  /** All namespaces are meant. */
  everywhere: boolean;
  dryRun: DryRun;
  /** False where it may be another command than it is read as. */
  certain: boolean;
  /** The objects in a file that it names, `-` among them, where they are known. */
  objects: (file: Word) => readonly Target[] | null;
}

/** What a reading of a line stands on. */
export interface Source extends Pick<Line, 'certain' | 'objects'> {
  /** The namespace where the line names none. */
  usual(args: Arguments): Known;
}

/** `client` sends no writes; null where it is computed. */
export type DryRun = 'none' | 'client' | 'server' | null;

export function lineOf(args: Arguments, names: number, { usual, ...from }: Source): Line {
  const said = option(args, 'namespace');
  const operands = [...args.operands, ...(args.rest ?? [])].slice(names);
  return {
    ...from,
    args,
    operands,
    namespace: args.open ? null : said === undefined ? usual(args) : said,
    everywhere: isSet(args, 'all-namespaces') === true,
    dryRun: dryRunOf(args),
  };
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run */
function dryRunOf(args: Arguments): DryRun {
  const said = args.options.get('dry-run');
  if (said === undefined) return 'none';
  const value = known(said.at(-1));
  if (args.open || value === null) return null;
  if (value === 'server') return 'server';
  return value === 'none' || value === 'false' ? 'none' : 'client';
}

/** What a request has beside verb and kind; what is left out it has none of. */
export interface Details {
  name?: Known;
  subresource?: Known;
  namespace?: Known;
  parameters?: ApiIntent['parameters'];
  certain?: boolean;
  dryRun?: boolean | null;
  /** True of a write that leaves the number of replicas alone. */
  keepsReplicas?: boolean;
}

export function request(line: Line, verb: string, kind: Kind, details: Details = {}): ApiIntent {
  const { name = '', subresource = '', parameters = [] } = details;
  const dryRun = details.dryRun === undefined ? changesNothing(line) : details.dryRun;
  return {
    verb,
    group: kind.group,
    resource: kind.resource,
    ...(kind.custom && { custom: true }),
    subresource,
    namespace: details.namespace === undefined ? namespaceOf(line, verb, kind, name) : details.namespace,
    name,
    path: '',
    parameters,
    dryRun,
    scales: details.keepsReplicas ? 'no' : scalesOf({ verb, kind, subresource, dryRun: dryRun === true }),
    impersonates: isImpersonated(line),
    certain: line.certain && details.certain !== false,
  };
}

/** The subresource `scale` does; of others only the server could tell, as of a request itself. */
function scalesOf(write: {
  verb: string;
  kind: Kind;
  subresource: Known;
  dryRun: boolean;
}): ApiIntent['scales'] {
  const { verb, kind, subresource, dryRun } = write;
  if (subresource === 'scale') return 'yes';
  const { group, resource } = kind;
  const request = {
    ...NOWHERE,
    verb,
    group: group ?? '',
    resource: resource ?? '',
    subresource: subresource ?? '',
  };
  if (group === null || resource === null) return verb === 'patch' || verb === 'update' ? 'unknown' : 'no';
  return mayScale({ request, dryRun }) ? 'unknown' : 'no';
}

const NOWHERE = { version: '', namespace: '', name: '', path: '' };

/** https://pkg.go.dev/k8s.io/apiserver/pkg/endpoints/request#RequestInfo: a namespace lies in itself. */
function namespaceOf(line: Line, verb: string, kind: Kind, name: Known): Known {
  // It may lie in none: then no rule for a namespace is about it.
  if (kind.custom) return line.everywhere ? null : line.namespace;
  if (kind.namespaced === null) return null;
  if (!kind.namespaced) return kind.resource === 'namespaces' && verb !== 'create' ? name : '';
  if (line.everywhere) return name === '' ? '' : null;
  return line.namespace;
}

function changesNothing({ dryRun }: Line): boolean | null {
  return dryRun === null ? null : dryRun === 'server';
}

function isImpersonated({ args }: Line): boolean {
  return ['as', 'as-group', 'as-uid', 'as-user-extra'].some((name) => args.options.has(name));
}

/** Whatever can be asked of an API server. */
export function anything(line: Line | null = null): ApiIntent {
  return {
    ...{
      verb: null,
      group: null,
      resource: null,
      subresource: null,
      namespace: null,
      name: null,
      path: null,
    },
    parameters: [],
    dryRun: null,
    scales: 'unknown',
    impersonates: line !== null && isImpersonated(line),
    certain: false,
  };
}
