/**
 * Conditions on what is started, or reached, inside a pod. One rule is asked twice: of the request, and of every command
 * that then runs there (the argv, what is piped into a shell, what is typed).
 *
 *     POST …/pods/web/exec?command=sh&stdin=true   the request, with the commands in its argv
 *        └─ sh ─ rm -rf /data ─ …                  each command, with the place that it runs in
 */
import type { ApiIntent, CommandAction, KubeAction, SimpleCommand } from '../action.ts';
import { analyseArgv } from '../command/analyse.ts';
import { readParameters } from '../kube/remote/parameters.ts';
import { actionOfArgv } from '../kube/remote/program.ts';
import { both, every, MAYBE, NO, not, some, sure, type Tri, YES } from '../match/tri.ts';
import type { ApiMatcher } from './api-matcher.ts';
import { asRequest } from './intent.ts';
import { asFarAs, type IntentMatcher } from './intent-matcher.ts';
import { compileConditions as compileCommandConditions, type Matcher } from './matcher.ts';
import { anyOf } from './pattern.ts';
import type { ExecConditions, ExecKind, ExecRule } from './schema/exec.ts';
import type { Pattern } from './schema/text.ts';

export interface ExecMatcher {
  ofRequest: ApiMatcher;
  /** Of a request that a command comes to. */
  ofIntent: IntentMatcher;
  /** Null where the rule says nothing about commands: the request alone decides. */
  ofCommand: Matcher | null;
}

/** Where something is to happen; null is what only the server could tell. */
export interface Place {
  kind: ExecKind;
  namespace: string | null;
  pod: string | null;
  container: string | null;
  stdin: boolean | null;
  tty: boolean | null;
}

/** What happens in a place; `commands` answers for one condition on them. */
type Happening = { place: Place; commands: (holds: Matcher, allows: boolean) => Tri };
type Condition = (happening: Happening) => Tri;

/** @param allows true for a rule that allows: then it has to hold of all commands, and for certain */
export function compileExecMatch({ unless, ...conditions }: ExecRule['match'], allows: boolean): ExecMatcher {
  const holds = compileConditions(conditions, allows);
  // What lifts a refusal has to be as certain as what allows, and the other way about.
  const lifted: Condition = unless === undefined ? () => NO : compileConditions(unless, !allows);
  const whole: Condition = (happening) => both(holds(happening), not(lifted(happening)));
  const aboutCommands = conditions.command !== undefined || unless?.command !== undefined;
  return {
    ofRequest: (action) => {
      const place = requestedPlace(action);
      return place === null ? NO : whole({ place, commands: inArgv(action, place.kind) });
    },
    ofIntent: (intent) => {
      const action = asRequest(intent);
      const place = requestedPlace(action);
      if (place === null) return intent.resource === null && intent.subresource === null ? MAYBE : NO;
      const known = { ...place, namespace: intent.namespace, pod: intent.name };
      const told = place.kind !== 'exec' || hasArgv(intent);
      const commands: Happening['commands'] = told ? inArgv(action, place.kind) : () => MAYBE;
      return asFarAs(intent, whole({ place: known, commands }));
    },
    ofCommand: aboutCommands ? ofCommand(whole) : null,
  };
}

function ofCommand(whole: Condition): Matcher {
  return (command, action) => {
    const place = placeOfCommand(action);
    if (place === null) return NO;
    return whole({ place, commands: (holds) => holds(command, action) });
  };
}

function compileConditions(match: ExecConditions, allows: boolean): Condition {
  const { kinds, namespaces, pods, containers, command } = match;
  const conditions: Condition[] = [];
  if (kinds) conditions.push(({ place }) => sure(kinds.includes(place.kind)));
  if (namespaces) conditions.push(onText(namespaces, ({ namespace }) => namespace));
  if (pods) conditions.push(onText(pods, ({ pod }) => pod));
  if (containers) {
    const all = containers.includes('*');
    const test = all ? () => true : anyOf(containers);
    conditions.push(({ place: { container } }) =>
      container === null && !all ? MAYBE : sure(test(container ?? '')),
    );
  }
  for (const flag of ['stdin', 'tty'] as const) {
    const wanted = match[flag];
    if (wanted === undefined) continue;
    conditions.push(({ place }) => (place[flag] === null ? MAYBE : sure(place[flag] === wanted)));
  }
  if (command) {
    const holds = compileCommandConditions(command, allows);
    conditions.push(({ commands }) => commands(holds, allows));
  }
  return (happening) => every(conditions, (condition) => condition(happening));
}

function onText(patterns: readonly Pattern[], of: (place: Place) => string | null): Condition {
  const test = anyOf(patterns);
  const everything = patterns.includes('*');
  return ({ place }) => {
    const text = of(place);
    if (text === null) return everything ? YES : MAYBE;
    return sure(test(text));
  };
}

/** Whether the words that run there are known: a line has them, or only running it tells. */
function hasArgv({ parameters }: ApiIntent): boolean {
  return parameters.some(([name]) => name === 'command');
}

const KINDS: Readonly<Record<string, ExecKind>> = {
  'pods/exec': 'exec',
  'pods/attach': 'attach',
  'pods/portforward': 'portforward',
  'pods/ephemeralcontainers': 'debug',
};

const READS = new Set(['get', 'list', 'watch']);

/** Whether it starts a program in a pod, or reaches a port of one. */
export function isExec(action: KubeAction): boolean {
  return requestedPlace(action) !== null;
}

/** Null for a command that does not run in a pod. */
export function placeOfCommand({ remote }: CommandAction): Place | null {
  return remote === undefined ? null : { ...remote, container: remote.container || null };
}

/** Null for a request that starts and reaches nothing in a pod. */
export function requestedPlace(action: KubeAction): Place | null {
  const { request } = action;
  const kind = request.group === '' ? KINDS[`${request.resource}/${request.subresource}`] : undefined;
  if (kind === undefined) return null;
  const at = { kind, namespace: request.namespace, pod: request.name };
  if (kind === 'debug') {
    // To look at the ephemeral containers that there are is no way in; what a patch of them comes to is not read here.
    return READS.has(request.verb) ? null : { ...at, container: null, stdin: null, tty: null };
  }
  if (kind === 'portforward') return { ...at, container: null, stdin: false, tty: false };
  const { container, stdin, tty } = readParameters(action);
  return { ...at, container: container || null, stdin, tty };
}

/** What is known of the commands before anything runs. */
function inArgv(action: KubeAction, kind: ExecKind): Happening['commands'] {
  switch (kind) {
    case 'debug':
      return () => MAYBE;
    case 'attach':
    case 'portforward':
      return () => NO;
    case 'exec':
      return (holds, allows) => {
        const argv = argvOf(action);
        const { commands, unknown } = argv;
        const each = (command: SimpleCommand) => holds(command, argv);
        if (allows) return commands.length === 0 || unknown.length > 0 ? NO : every(commands, each);
        const answer = some(commands, each);
        return unknown.length > 0 ? (Math.max(answer, MAYBE) as Tri) : answer;
      };
  }
}

const analysed = new WeakMap<KubeAction, CommandAction>();

/** Each rule asks for the same argv: read once. */
function argvOf(action: KubeAction): CommandAction {
  let known = analysed.get(action);
  if (known === undefined) {
    known = actionOfArgv(readParameters(action), analyseArgv);
    analysed.set(action, known);
  }
  return known;
}
