/** Which context a client of Kubernetes uses: as its options, `KUBECONFIG` and the files that it names say. */
import type { Assigned } from '../action.ts';
import { plainPath, quoteGlob, resolvePath } from '../match/path.ts';
import { keepsEnvironment } from './code/shells.ts';
import type { Found } from './found.ts';
import type { Scope } from './scope.ts';
import type { ContextChoice } from './tools/tool.ts';

/** Null where it cannot be told. */
export function namespaceOf(
  found: Found,
  { kubeconfig, context }: ContextChoice,
  { env, scope }: { env: readonly Assigned[]; scope: Scope },
): string | null {
  const { files } = scope;
  if (files === null || context === null || kubeconfig === null || !keepsEnvironment(scope.via)) return null;
  const named = kubeconfig === undefined ? filesNamed(found, env, scope) : kubeconfig;
  if (named === null) return null;
  const paths = named
    .split(':')
    .filter((path) => path !== '')
    .map((path) => pathOf(path, scope));
  if (paths.length === 0 || hasMoved(found)) return null;
  if (paths.some((path) => path === null || found.made.covers(path))) return null;
  const told = paths as string[];
  const namespace = files.namespace({ files: told.join(':'), context });
  if (namespace !== null) found.taken.push(...told);
  return namespace;
}

/** `KUBECONFIG` as the client has it, and the usual file where there is none. */
function filesNamed(found: Found, env: readonly Assigned[], { variables }: Scope): string | null {
  const own = env.findLast(({ name }) => name === 'KUBECONFIG');
  const value = own === undefined ? variables.get('KUBECONFIG')?.value : own.value;
  if (value) return value;
  if (value === null || (value === undefined && found.exported.has('KUBECONFIG'))) return null;
  const home = variables.get('HOME')?.value;
  return home ? `${home}/.kube/config` : null;
}

function pathOf(path: string, { cwd }: Scope): string | null {
  return plainPath(resolvePath(cwd, quoteGlob(path)));
}

const READS_CONFIG = /^(view|current-context|get-.*)$/;
const WRITERS =
  /^(kubectx|kubens|kubie|kubeswitch|minikube|kind|k3d|gcloud|aws|az|eksctl|doctl|tsh|vault|oc)$/;

/** Up to which command it has been looked whether the context was changed, and whether it was. */
const SEEN = new WeakMap<Found, { upTo: number; moved: boolean }>();

function hasMoved(found: Found): boolean {
  const seen = SEEN.get(found) ?? { upTo: 0, moved: false };
  for (; !seen.moved && seen.upTo < found.commands.length; seen.upTo++)
    seen.moved = mayMoveContext(found.commands[seen.upTo]!);
  SEEN.set(found, seen);
  return seen.moved;
}

/** Whether a command before may have chosen another context, or another namespace for it. */
function mayMoveContext({
  program,
  argv,
}: {
  program: string | null;
  argv: readonly (string | null)[];
}): boolean {
  if (program === null || WRITERS.test(program)) return true;
  if (program !== 'kubectl') return false;
  const place = argv.findIndex((word) => word === 'config' || word === 'ctx' || word === 'ns');
  return place > 0 && !READS_CONFIG.test(argv[place + 1] ?? '');
}
