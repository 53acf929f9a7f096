/** The commands of kubectl that make, change or delete objects. */
import type { ApiIntent } from '../../../action.ts';
import type { Word } from '../../words/fields.ts';
import { isSet, known, option } from '../arguments.ts';
import { rawRequest } from '../http/api-request.ts';
import type { Known } from '../known.ts';
import { builtIn, kindsNamed, UNKNOWN_KIND } from './kinds.ts';
import { anything, type Details, type Line, request } from './line.ts';
import { takenFrom } from './reads.ts';
import { each, selects, targetsOf } from './targets.ts';

/** Of commands that write one other thing each. */
export const KEEPS: Details = { keepsReplicas: true };

export function deleted(line: Line): ApiIntent[] {
  if (line.args.options.has('raw')) return [rawRequest('DELETE', line)];
  const parameters = grace(line);
  const targets = targetsOf(line);
  const whole = isSet(line.args, 'all');
  const named = each(
    line,
    'delete',
    { parameters },
    targets.filter(({ name }) => name !== ''),
  );
  if (!selects(line) && !line.args.open) return named;
  const found = targets
    .filter(({ name }) => name === '' || line.args.open)
    .flatMap(({ kind }) => [
      ...(whole === true ? [] : [request(line, 'delete', kind, { name: null, parameters })]),
      ...(whole === false && !line.args.open
        ? []
        : [request(line, 'deletecollection', kind, { parameters, certain: whole === true })]),
    ]);
  return [...named, ...found];
}

/** `--force` gives no time to end, unless `--grace-period` does. */
function grace({ args }: Line): [string, string][] {
  if (isSet(args, 'force') === false) return [];
  const seconds = option(args, 'grace-period');
  return seconds === undefined || seconds === null || Number(seconds) <= 0
    ? [['gracePeriodSeconds', '0']]
    : [];
}

export function changed(verb: 'patch' | 'update', line: Line): ApiIntent[] {
  return each(line, verb, { subresource: option(line.args, 'subresource') ?? '' });
}

export function patched(line: Line): ApiIntent[] {
  return isSet(line.args, 'local') === true ? [] : changed('patch', line);
}

export function applied(line: Line): ApiIntent[] {
  const subresource = option(line.args, 'subresource') ?? '';
  const written = [...each(line, 'create'), ...each(line, 'patch', { subresource })];
  if (isSet(line.args, 'prune') === false) return written;
  return [...written, request(line, 'delete', UNKNOWN_KIND, { name: null })];
}

export function replaced(line: Line): ApiIntent[] {
  if (line.args.options.has('raw')) return [rawRequest('PUT', line)];
  const force = isSet(line.args, 'force');
  const updates = force === true ? [] : changed('update', line);
  if (force === false) return updates;
  return [...updates, ...each(line, 'delete', { parameters: grace(line) }), ...each(line, 'create')];
}

export function scaled(line: Line): ApiIntent[] {
  const conditional = line.args.options.has('current-replicas') || line.args.options.has('resource-version');
  return each(line, conditional ? 'update' : 'patch', { subresource: 'scale' });
}

/** A new object that is called as it says, or as the one that it is for. */
export function madeFor(kind: string): (line: Line) => ApiIntent[] {
  return (line) => {
    const name = option(line.args, 'name');
    return targetsOf(line).map((target) =>
      request(line, 'create', builtIn(kind), { name: name === undefined ? target.name || null : name }),
    );
  };
}

/** `TYPE NAME key=value key-`: what looks like a pair ends the targets. */
export function tagged(line: Line): ApiIntent[] {
  if (isSet(line.args, 'local') === true) return [];
  const first = line.operands.findIndex((word) => isPair(word));
  const targets = targetsOf(line, first < 0 ? line.operands : line.operands.slice(0, first));
  if (first < 0 && !line.args.open && isSet(line.args, 'list') === true)
    return each(line, 'get', {}, targets);
  return each(line, 'patch', KEEPS, targets);
}

function isPair({ value, pattern }: Word): boolean {
  const text = value ?? pattern;
  return text.includes('=') || text.endsWith('-');
}

/** `set image deploy/web app=nginx`. */
export function set(line: Line): ApiIntent[] {
  const isRead = isSet(line.args, 'list') === true || isSet(line.args, 'local') === true;
  return [...(isRead ? [] : tagged(line)), ...takenFrom(line)];
}

/** The account is the last operand. */
export function setAccount(line: Line): ApiIntent[] {
  if (isSet(line.args, 'local') === true) return [];
  return each(line, 'patch', KEEPS, targetsOf(line, line.operands.slice(0, -1)));
}

export function ran(line: Line): ApiIntent[] {
  const pod = builtIn('pods');
  const name = known(line.operands[0]);
  const asks = [request(line, 'create', pod, { name })];
  if (isSet(line.args, 'expose') !== false) asks.push(request(line, 'create', builtIn('services'), { name }));
  if (isSet(line.args, 'rm') !== false) asks.push(request(line, 'delete', pod, { name }));
  if (['attach', 'stdin', 'tty'].some((flag) => isSet(line.args, flag) !== false)) {
    const parameters: [string, string][] = [];
    if (isSet(line.args, 'stdin') !== false) parameters.push(['stdin', 'true']);
    if (isSet(line.args, 'tty') !== false) parameters.push(['tty', 'true']);
    asks.push(request(line, 'create', pod, { name, subresource: 'attach', parameters }));
  }
  return asks;
}

/** Kinds whose command has one more word, as `create secret generic NAME`. */
const DIVIDED = new Set(['secrets', 'services']);

/** `create -f FILE`, or `create KIND NAME`. */
export function created(line: Line): ApiIntent[] {
  if (line.args.options.has('raw')) return [rawRequest('POST', line)];
  const [first] = line.operands;
  if (line.args.options.has('filename') || line.args.options.has('kustomize')) return each(line, 'create');
  if (first === undefined) return line.args.open ? [anything(line)] : [];
  const type = known(first);
  if (type === null) return [request(line, 'create', UNKNOWN_KIND, { name: null })];
  if (type === 'token') return [tokenOf(line)];
  return kindsNamed(type).map((kind) => {
    const name = nameAt(line, DIVIDED.has(kind.resource ?? '') ? 2 : 1);
    return request(line, 'create', kind, { name });
  });
}

function tokenOf(line: Line): ApiIntent {
  return request(line, 'create', builtIn('sa'), { name: nameAt(line, 1), subresource: 'token' });
}

function nameAt({ operands, args }: Line, place: number): Known {
  return args.open ? null : known(operands[place]);
}

/** `cordon NODE`, `uncordon NODE`. */
export function marked(line: Line): ApiIntent[] {
  const names: Details[] = nodes(line).map((name) => ({ name }));
  return names.map((details) => request(line, 'patch', builtIn('nodes'), details));
}

function nodes({ operands, args }: Line): Known[] {
  if (operands.length === 0) return [null];
  return operands.map((word) => (args.open ? null : (known(word)?.replace(/^no(des?)?\//, '') ?? null)));
}

/** A node's Pods are evicted, or deleted where there is no eviction, wherever they lie. */
export function drained(line: Line): ApiIntent[] {
  const pod = builtIn('pods');
  const away: Details = { name: null, namespace: null };
  const disabled = isSet(line.args, 'disable-eviction');
  return [
    ...marked(line),
    ...(disabled === true ? [] : [request(line, 'create', pod, { ...away, subresource: 'eviction' })]),
    ...(disabled === false ? [] : [request(line, 'delete', pod, { ...away, parameters: grace(line) })]),
  ];
}

export function judged(line: Line): ApiIntent[] {
  const csr = builtIn('csr');
  const names = line.operands.length === 0 ? [null] : line.operands.map((word) => known(word));
  return names.map((name) => request(line, 'update', csr, { name, subresource: 'approval' }));
}

/** Roles and bindings, from files. */
export function reconciled(line: Line): ApiIntent[] {
  return [...each(line, 'create'), ...each(line, 'update')];
}
