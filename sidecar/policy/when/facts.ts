/**
 * What a `when` expression is told of the thing that its rule has matched. A member that is left out is not known: who
 * asks about it gets no certain answer. Pure.
 */
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { Micros } from '../../../recorder/audit/units.ts';
import type {
  ApiIntent,
  CommandAction,
  KubeAction,
  PathRole,
  SimpleCommand,
  ToolAction,
} from '../../action.ts';
import { plainPath } from '../../match/path.ts';
import type { Tri } from '../../match/tri.ts';
import type { Place } from '../exec-matcher.ts';
import { verbsOf } from '../verbs.ts';
import type { RuleKind } from './type.ts';
import type { Value } from './value.ts';

export interface Facts {
  /** By the name of a variable; undefined for what is not known. `now` is in microseconds. */
  (variable: string): unknown;
  readonly purse: Purse;
  /** What has been made ready for one expression, for the others. */
  readonly weighed: Map<string, Weighed>;
}

/** A value as expressions see it, undefined for what is not known; null for what is too large to look through. */
export type Weighed = { value: Value | undefined; weight: number } | null;

export interface When {
  (facts: Facts): Tri;
  /** The variables that it asks about. */
  readonly uses: ReadonlySet<string>;
}

/** What the expressions of all rules may still cost for one line or request: a script has thousands of commands. */
export interface Purse {
  left: number;
  /** What an expression that asks about nothing else than who and when has said: it holds for the whole line. */
  readonly said: Map<When, Tri>;
}

/**
 * By count and never by the clock, so that one line is decided alike each time. An evaluation costs about 500 of it, a step of a
 * loop 10, a character that a regular expression looks at 5 or more: one is 16 ns or so, and all of it about 25 ms.
 */
const IN_A_PURSE = 1_500_000;

export function newPurse(): Purse {
  return { left: IN_A_PURSE, said: new Map() };
}

/** @throws Error with one line that says what is wrong, and where in the expression */
export type WhenCompiler = (source: string, kind: RuleKind) => When;

/** Who asks, and when; without a time nothing that hangs on it can be told. */
export interface Asker {
  identity: Identity;
  now: Micros | undefined;
  purse: Purse;
}

export function factsOf(asker: Asker, more: Readonly<Record<string, () => unknown>>): Facts {
  const of = (variable: string) => {
    if (variable === 'identity') return identityFacts(asker.identity);
    return variable === 'now' ? asker.now : more[variable]?.();
  };
  return Object.assign(of, { purse: asker.purse, weighed: new Map<string, Weighed>() });
}

function identityFacts({ user, groups, proof, conversation, pod }: Identity): object {
  return {
    ...{ user, groups, proof, conversation },
    pod: pod && {
      namespace: pod.namespace,
      name: pod.name,
      serviceAccount: pod.serviceAccount,
      labels: pod.labels,
    },
  };
}

export function commandFacts(command: SimpleCommand, { line, cwd }: CommandAction): object {
  const { program, argv, openEnded, env, via, hosts, capabilities } = command;
  return {
    ...{ line, cwd: cwd === '' ? undefined : cwd, via, capabilities },
    program: program ?? undefined,
    // Where words may join, nobody knows how many there are.
    argv: openEnded ? undefined : allKnown(argv),
    env: env.map(({ name }) => name),
    hosts: allKnown(hosts),
    paths: {
      reads: pathsOf(command, 'reads'),
      writes: pathsOf(command, 'writes'),
      deletes: pathsOf(command, 'deletes'),
      changes: pathsOf(command, 'changes'),
    },
  };
}

function allKnown<T>(list: readonly (T | null)[]): readonly T[] | undefined {
  return list.includes(null) ? undefined : (list as readonly T[]);
}

/** Undefined where one of them is not known before it runs. */
function pathsOf({ touches }: SimpleCommand, role: PathRole): readonly string[] | undefined {
  const concerned = touches.filter((touch) => touch.role === role);
  return allKnown(concerned.map(({ path, certain }) => (certain ? plainPath(path) : null)));
}

export function requestFacts(action: KubeAction): object {
  const { request, dryRun } = action;
  const verbs = verbsOf(action);
  const known = verbs.every(({ certain }) => certain);
  return { ...request, dryRun, verbs: known ? verbs.map(({ verb }) => verb) : undefined };
}

/** Of a request that a command comes to: the server reads it in the end, so only what the line says is known. */
export function intentFacts(intent: ApiIntent): object {
  const { verb, group, resource, subresource, namespace, name, path, dryRun } = intent;
  const said = Object.entries({ verb, group, resource, subresource, namespace, name, path, dryRun });
  return Object.fromEntries(said.filter(([, value]) => value !== null));
}

/** Variables of a request that only the API server can fill in: what they stand for it has, or makes. */
export function missingObjects(action: KubeAction): string[] {
  return [
    ...(oldObject(action) === undefined ? ['oldObject'] : []),
    ...(newObject(action) === undefined ? ['object'] : []),
  ];
}

/** The object as it will be: null where there is none; what a patch comes to is the server's to say. */
export function newObject({ request, body, objects }: KubeAction): unknown {
  if (objects !== undefined) return objects.after;
  if (request.verb === 'patch') return undefined;
  if (request.verb !== 'create' && request.verb !== 'update') return null;
  return body === null ? null : (body.object ?? undefined);
}

/** The object as it is: null where there cannot be one. */
export function oldObject({ request, objects }: KubeAction): unknown {
  if (objects !== undefined) return objects.before;
  return request.verb === 'create' && request.subresource === '' ? null : undefined;
}

export function execFacts({ kind, namespace, pod, container, stdin, tty }: Place): object {
  return {
    kind,
    namespace: namespace ?? undefined,
    pod: pod ?? undefined,
    container: container ?? undefined,
    stdin: stdin ?? undefined,
    tty: tty ?? undefined,
  };
}

export function toolFacts({ use, tool, server, path, cwd, input }: ToolAction): object {
  const isFile = use === 'read' || use === 'edit';
  return { use, name: tool, server, path: isFile && path === '' ? undefined : path, cwd, input };
}
