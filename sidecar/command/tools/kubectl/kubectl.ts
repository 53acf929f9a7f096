/**
 * kubectl: its command line → the requests that it makes of the API server, its discovery left out. Pure.
 * https://kubernetes.io/docs/reference/kubectl/
 */
import type { ApiIntent } from '../../../action.ts';
import type { Word } from '../../words/fields.ts';
import { type Arguments, isSet, known, option } from '../arguments.ts';
import { urlHosts } from '../host.ts';
import type { Known } from '../known.ts';
import type { ToolCall, ToolUse } from '../tool.ts';
import { anything, type Line, lineOf, type Source } from './line.ts';
import { MAX_MANIFEST, objectsIn } from './manifest.ts';
import * as reads from './reads.ts';
import * as remote from './remote.ts';
import { commandAt, readCommand } from './syntax.ts';
import type { Target } from './target.ts';
import { each } from './targets.ts';
import * as writes from './writes.ts';

type Meaning = (line: Line) => ApiIntent[];

const none: Meaning = () => [];
const restarts: Meaning = (line) => each(line, 'patch', writes.KEEPS);
const patches: Meaning = (line) => each(line, 'patch');
const gets: Meaning = (line) => each(line, 'get');

/** What each command does; a table is one whose next word says it. */
type Command = Meaning | { readonly [name: string]: Meaning };

const TOP_POD = reads.topped('pods');
const TOP_NODE = reads.topped('nodes');

const COMMANDS: Readonly<Record<string, Command>> = {
  annotate: writes.tagged,
  apply: {
    '': writes.applied,
    'edit-last-applied': patches,
    'set-last-applied': patches,
    'view-last-applied': reads.appliedBefore,
  },
  attach: remote.entered('attach'),
  auth: {
    'can-i': reads.asked('selfsubjectaccessreviews'),
    reconcile: writes.reconciled,
    whoami: reads.asked('selfsubjectreviews'),
  },
  autoscale: writes.madeFor('horizontalpodautoscalers'),
  certificate: { approve: writes.judged, deny: writes.judged },
  'cluster-info': { '': none, dump: reads.dumped },
  cordon: writes.marked,
  cp: remote.copied,
  create: writes.created,
  debug: remote.debugged,
  delete: writes.deleted,
  describe: reads.described,
  diff: reads.compared,
  drain: writes.drained,
  edit: (line) => writes.changed('patch', line),
  events: reads.happened,
  exec: remote.entered('exec'),
  expose: writes.madeFor('services'),
  get: reads.got,
  label: writes.tagged,
  log: reads.logged,
  logs: reads.logged,
  patch: writes.patched,
  'port-forward': remote.forwarded,
  proxy: reads.served,
  replace: writes.replaced,
  rollout: {
    restart: restarts,
    pause: restarts,
    resume: restarts,
    undo: patches,
    status: gets,
    history: gets,
  },
  run: writes.ran,
  scale: writes.scaled,
  set: {
    env: writes.set,
    image: writes.set,
    resources: writes.set,
    selector: writes.set,
    subject: writes.set,
    serviceaccount: writes.setAccount,
    sa: writes.setAccount,
  },
  taint: writes.tagged,
  top: { pod: TOP_POD, pods: TOP_POD, po: TOP_POD, node: TOP_NODE, nodes: TOP_NODE, no: TOP_NODE },
  uncordon: writes.marked,
  wait: reads.waited,
};

/** They ask the server at most what it is, or what it has. */
const LOCAL = new Set([
  ...[
    'api-resources',
    'api-versions',
    'completion',
    'config',
    'explain',
    'help',
    'kuberc',
    'kustomize',
    'options',
  ],
  ...['plugin', 'version', 'krew', 'ctx', 'ns', '__complete', '__completeNoDesc'],
]);

const WRITES_NOTHING = new Set(['get', 'list', 'watch']);

/** They open a port that leads into the cluster. */
const LISTENS = new Set(['port-forward', 'proxy']);

export function kubectlUse(call: ToolCall): ToolUse {
  const { words } = call;
  const at = commandAt(words);
  const name = words[at];
  const command = name === undefined ? '' : known(name);
  const rest = [...words.slice(1, at), ...words.slice(at + 1)];
  if (command === 'alpha') return kubectlUse({ ...call, words: [words[0]!, ...rest] });
  const args = readCommand(command ?? '', rest, false);
  const others = () => readCommand(command ?? '', rest, true);
  return {
    requests: requestsOf(command, args.strange ? [args, others()] : [args], call),
    hosts: hostsOf(args),
    capabilities: LISTENS.has(command ?? '') ? ['kubernetes', 'network-listen'] : ['kubernetes'],
  };
}

/** Reading YAML costs so many times what reading a script of its length does. */
const YAML_COST = 8;

/** What files and its standard input hold, each read once: not known where that would be too much work. */
function objectsOf({ stdin, text, affords }: ToolCall): Line['objects'] {
  const read = new Map<Word, readonly Target[] | null>();
  return (file) => {
    const before = read.get(file);
    if (before !== undefined) return before;
    const manifest = file.value === '-' ? stdin : text(file);
    const fits = manifest !== null && manifest.length <= MAX_MANIFEST && affords(manifest.length * YAML_COST);
    const objects = fits ? objectsIn(manifest) : null;
    read.set(file, objects);
    return objects;
  };
}

/** The server where the line names one, and where manifests come from. */
function hostsOf({ options }: Arguments): (string | null)[] {
  return [...(options.get('server') ?? []), ...(options.get('filename') ?? [])].flatMap(urlHosts);
}

/** @param readings more than one where it is not known how to read it */
function requestsOf(command: Known, readings: readonly Arguments[], call: ToolCall): ApiIntent[] {
  const [args] = readings;
  if (command === null || (command === '' && args!.open)) return [anything()];
  if (command === '' || LOCAL.has(command) || isSet(args!, 'help') === true) return [];
  const usual = (args: Arguments) =>
    call.namespace({ kubeconfig: option(args, 'kubeconfig'), context: option(args, 'context') });
  const from: Source = { certain: readings.length === 1, objects: objectsOf(call), usual };
  return readings.flatMap((reading) => requestsOfReading(command, reading, from));
}

function requestsOfReading(command: string, args: Arguments, from: Source): ApiIntent[] {
  const meant = Object.hasOwn(COMMANDS, command) ? COMMANDS[command]! : undefined;
  // A plugin, or an alias of the user's own.
  if (meant === undefined) return [anything(lineOf(args, 0, from))];
  if (typeof meant === 'function') return sent(meant, lineOf(args, 0, from));
  const first = args.operands[0];
  const next = first === undefined ? '' : known(first);
  if (next === null) return [anything(lineOf(args, 0, from))];
  if (next !== '' && Object.hasOwn(meant, next)) return sent(meant[next]!, lineOf(args, 1, from));
  return meant[''] === undefined ? [] : sent(meant[''], lineOf(args, 0, from));
}

/** A dry run of the client's own sends no writes. */
function sent(meant: Meaning, line: Line): ApiIntent[] {
  const requests = meant(line);
  return line.dryRun === 'client' ? requests.filter(({ verb }) => WRITES_NOTHING.has(verb ?? '')) : requests;
}
