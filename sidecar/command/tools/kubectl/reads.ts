/** The commands of kubectl that only read. */
import type { ApiIntent } from '../../../action.ts';
import { isSet, option } from '../arguments.ts';
import { rawRequest } from '../http/api-request.ts';
import { builtIn, UNKNOWN_KIND } from './kinds.ts';
import { anything, type Details, type Line, request } from './line.ts';
import { each, targetsOf } from './targets.ts';

/** A name is got; everything else is listed. */
export function got(line: Line): ApiIntent[] {
  if (line.args.options.has('raw')) return [rawRequest('GET', line)];
  const subresource = option(line.args, 'subresource') ?? '';
  const watches = isSet(line.args, 'watch') !== false || isSet(line.args, 'watch-only') !== false;
  return targetsOf(line).flatMap(({ kind, name }) => {
    if (name !== '') return [request(line, 'get', kind, { name, subresource })];
    const list = request(line, 'list', kind, { subresource, ...selected(line) });
    return watches ? [list, request(line, 'watch', kind, selected(line))] : [list];
  });
}

/** A field selector may leave a namespace out. */
function selected({ args }: Line): Details {
  const selector = option(args, 'field-selector');
  if (selector === undefined) return {};
  return selector === null ? { certain: false } : { parameters: [['fieldSelector', selector]] };
}

export function described(line: Line): ApiIntent[] {
  return targetsOf(line).map(({ kind, name }) => request(line, name === '' ? 'list' : 'get', kind, { name }));
}

export function waited(line: Line): ApiIntent[] {
  return targetsOf(line).flatMap(({ kind, name }) => [
    request(line, name === '' ? 'list' : 'get', kind, { name }),
    request(line, 'watch', kind, { name }),
  ]);
}

/** What it compares with is a dry run of the server's. */
export function compared(line: Line): ApiIntent[] {
  return [...each(line, 'get'), ...each(line, 'patch', { dryRun: true })];
}

export function logged(line: Line): ApiIntent[] {
  const [target] = line.operands;
  const pod = builtIn('pods');
  if (target === undefined) return [request(line, 'get', pod, { name: null, subresource: 'log' })];
  return podsOf(line).map((name) => request(line, 'get', pod, { name, subresource: 'log' }));
}

/** The names of the Pods that `web`, `pod/web` or `deploy/web` come to, of which one is taken. */
export function podsOf(line: Line): (string | null)[] {
  const [target] = line.operands;
  if (target === undefined) return [null];
  if (target.value === null) return [null];
  if (!target.value.includes('/')) return [target.glob ? null : target.value];
  return targetsOf(line, [target]).map(({ kind, name }) =>
    kind.resource === 'pods' && name !== '' ? name : null,
  );
}

export function topped(what: 'pods' | 'nodes'): (line: Line) => ApiIntent[] {
  return (line) => {
    const kind = builtIn(what, 'metrics.k8s.io');
    const [name] = line.operands;
    return [
      request(line, name === undefined ? 'list' : 'get', kind, { name: name === undefined ? '' : null }),
    ];
  };
}

export function happened(line: Line): ApiIntent[] {
  return [request(line, 'list', builtIn('events'))];
}

const DUMPED = ['nodes', 'events', 'rc', 'services', 'ds', 'deployments', 'rs', 'pods'];

export function dumped(line: Line): ApiIntent[] {
  const lists = DUMPED.map((name) => request(line, 'list', builtIn(name), { namespace: null }));
  const log = request(line, 'get', builtIn('pods'), { subresource: 'log', name: null, namespace: null });
  return [...lists, log];
}

/** It asks whether something would be allowed: https://kubernetes.io/docs/reference/access-authn-authz/authorization/ */
export function asked(kind: string): (line: Line) => ApiIntent[] {
  return (line) => [request(line, 'create', builtIn(kind))];
}

/** What it serves is asked for by others. */
export function served(line: Line): ApiIntent[] {
  return [anything(line)];
}

export function appliedBefore(line: Line): ApiIntent[] {
  return targetsOf(line).map(({ kind, name }) =>
    request(line, 'get', kind, { name: name === '' ? null : name }),
  );
}

/** `set env --from=secret/db` reads it. */
export function takenFrom(line: Line): ApiIntent[] {
  const from = option(line.args, 'from');
  if (from === undefined) return [];
  const [word] = line.args.options.get('from')!;
  const kinds = from === null ? [{ kind: UNKNOWN_KIND, name: null }] : targetsOf(line, [word!]);
  return kinds.map(({ kind, name }) => request(line, 'get', kind, { name }));
}
