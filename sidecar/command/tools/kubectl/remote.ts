/** The commands of kubectl that start programs in Pods, or connect to them. */
import type { ApiIntent } from '../../../action.ts';
import { isSet, known, option } from '../arguments.ts';
import { builtIn } from './kinds.ts';
import { type Details, type Line, request } from './line.ts';
import { podsOf } from './reads.ts';
import { targetsOf } from './targets.ts';

/** A GET over WebSocket, a POST over SPDY: `create` is what both are allowed by. */
const CONNECT = 'create';

export function entered(subresource: 'exec' | 'attach'): (line: Line) => ApiIntent[] {
  return (line) => {
    const parameters = [...streams(line), ...(subresource === 'exec' ? argv(line) : [])];
    return pods(line).map((name) =>
      request(line, CONNECT, builtIn('pods'), { name, subresource, parameters }),
    );
  };
}

function pods(line: Line): (string | null)[] {
  const given = option(line.args, 'pod');
  if (given !== undefined) return [given];
  return line.args.options.has('filename') ? [null] : podsOf(line);
}

/** The words that run there, if all of them are known. */
function argv({ args: { rest } }: Line): [string, string][] {
  const words = (rest ?? []).map((word) => known(word));
  return words.every((word) => word !== null) ? words.map((word) => ['command', word]) : [];
}

function streams({ args }: Line): [string, string][] {
  const parameters: [string, string][] = [];
  const container = option(args, 'container');
  if (container) parameters.push(['container', container]);
  if (isSet(args, 'stdin') !== false) parameters.push(['stdin', 'true']);
  if (isSet(args, 'tty') !== false) parameters.push(['tty', 'true']);
  return parameters;
}

export function forwarded(line: Line): ApiIntent[] {
  return pods(line).map((name) =>
    request(line, CONNECT, builtIn('pods'), { name, subresource: 'portforward' }),
  );
}

/** `kubectl cp a ns/pod:b`: tar, by way of exec. */
export function copied(line: Line): ApiIntent[] {
  return line.operands.slice(0, 2).flatMap((word) => {
    const text = known(word);
    if (text === null)
      return [request(line, CONNECT, builtIn('pods'), { ...EXEC, name: null, certain: false })];
    const colon = text.indexOf(':');
    if (colon <= 0 || /^[./]/.test(text)) return [];
    const [first = '', second] = text.slice(0, colon).split('/');
    const place: Details = second === undefined ? { name: first } : { name: second, namespace: first };
    return [request(line, CONNECT, builtIn('pods'), { ...EXEC, ...place, parameters: streams(line) })];
  });
}

const EXEC: Details = { subresource: 'exec' };

/** A container beside those of a Pod, a copy of the Pod, or a Pod on a node. */
export function debugged(line: Line): ApiIntent[] {
  const copy = option(line.args, 'copy-to');
  const targets = debugTargets(line);
  const pod = builtIn('pods');
  const asks = targets.flatMap(({ isNode, name }) => {
    if (isNode === true) return [request(line, 'create', pod, { name: null })];
    const original = isSet(line.args, 'replace') === false ? [] : [request(line, 'delete', pod, { name })];
    if (copy !== undefined) return [request(line, 'create', pod, { name: copy }), ...original];
    const own = request(line, 'patch', pod, { name, subresource: 'ephemeralcontainers' });
    return isNode === null ? [own, request(line, 'create', pod, { name: null, certain: false })] : [own];
  });
  const isEntered = ['attach', 'stdin', 'tty'].some((flag) => isSet(line.args, flag) !== false);
  const name = copy ?? (targets.length === 1 && targets[0]!.isNode === false ? targets[0]!.name : null);
  const attached = request(line, CONNECT, pod, { name, subresource: 'attach', parameters: streams(line) });
  return isEntered ? [...asks, attached] : asks;
}

function debugTargets(line: Line): { isNode: boolean | null; name: string | null }[] {
  const operands = line.operands;
  if (operands.length === 0) return [{ isNode: null, name: null }];
  return operands.flatMap((word) => {
    const text = known(word);
    if (text !== null && !text.includes('/')) return [{ isNode: false, name: text }];
    return targetsOf(line, [word]).map(({ kind, name }) => ({
      isNode: kind.resource === null ? null : kind.resource === 'nodes',
      name,
    }));
  });
}
