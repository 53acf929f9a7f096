/** Options of verbs that ask a policy about an action: who would do it, and where. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { ChaperoneError } from '../../../recorder/errors.ts';
import type { Setting } from '../../policy/read-action.ts';
import { homeDirectory } from '../home.ts';

export interface WhomFlags {
  user?: string | undefined;
  group?: string[] | undefined;
  serviceAccount?: string;
  cwd?: string;
  shell?: 'bash' | 'zsh';
}

export function withWhom(verb: Command): Command {
  return verb
    .option('--user <name>', 'who would do it (default: you)')
    .option('--group <name...>', 'their groups')
    .option('--service-account <namespace:name>', 'of the pod that it would come from')
    .option('--cwd <dir>', 'where it would run (default: here)')
    .addOption(new Option('--shell <shell>', 'the guarded shell').choices(['bash', 'zsh']).default('bash'));
}

/** @throws ChaperoneError `USAGE` */
export async function identityOf({ user, group, serviceAccount }: WhomFlags): Promise<Identity> {
  if (serviceAccount !== undefined) return inPod(serviceAccount, { user, group });
  if (user !== undefined) return { user, groups: group ?? [], proof: 'claimed' };
  const { localIdentity } = await import('../../identity/local.ts');
  const own = localIdentity(process.env);
  return group === undefined ? own : { ...own, groups: group };
}

/** As the API server names it: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/ */
function inPod(account: string, { user, group }: WhomFlags): Identity {
  const [, namespace, name] = /^([^:]+):([^:]+)$/.exec(account) ?? [];
  if (namespace === undefined || name === undefined)
    throw new ChaperoneError('USAGE', 'a service account is written namespace:name');
  return {
    user: user ?? `system:serviceaccount:${namespace}:${name}`,
    groups: group ?? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    pod: { namespace, name: '', uid: '', serviceAccount: name },
    proof: 'claimed',
  };
}

export function settingOf({ cwd, shell }: WhomFlags): Setting {
  const home = homeDirectory();
  return {
    cwd: resolve(cwd ?? '.'),
    ...(home !== null && { home }),
    ...(shell !== undefined && { shell }),
  };
}
