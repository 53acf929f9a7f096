/** Puts a guarded session together: who asks, the policy in force, the gate, the terminal. */
import { ulid } from 'ulid';
import type { SessionId } from '../../recorder/audit/units.ts';
import { systemClock } from '../clock.ts';
import { analyse, analyseArgv } from '../command/analyse.ts';
import { MachineFiles } from '../files/machine-files.ts';
import { Gate } from '../gate.ts';
import { localIdentity } from '../identity/local.ts';
import type { PolicyFile } from '../policy/policy-file.ts';
import type { Guard, Whereabouts } from '../session/session-log.ts';
import type { Request } from '../shell/invocation.ts';
import { ProcessPipes } from '../shell/pipe-session.ts';
import { type Access, runShell, type ShellOptions } from '../shell/run-shell.ts';
import { EndableSignals } from '../shell/signals.ts';
import { ProcessTerminal } from '../shell/terminal.ts';
import type { Evidence } from './evidence.ts';
import { homeDirectory } from './home.ts';
import { workspaceOf } from './workspace.ts';

export interface GuardedOptions {
  request: Request;
  /** By default the process's own terminal, or its pipes where it has none. */
  stdio?: ShellOptions['stdio'];
  env?: Record<string, string>;
  cwd?: string;
}

export interface GuardedOutcome {
  status: number;
  session: SessionId;
}

/** Runs one guarded session to its end. */
export async function guardedShell(
  evidence: Evidence,
  policy: PolicyFile,
  options: GuardedOptions,
): Promise<GuardedOutcome> {
  const current = () => policy.current();
  const workspace = workspaceOf(options.cwd ?? process.cwd(), homeDirectory());
  const files = new MachineFiles({ roots: [workspace, homeDirectory() ?? undefined] });
  const around = (where: Whereabouts) => ({ ...located(where), workspace, files: files.view() });
  const guard: Guard = {
    journal: evidence.journal,
    vault: evidence.vault,
    gate: new Gate({
      ...{ journal: evidence.journal, clock: systemClock, policy: current },
      ...(evidence.approvals !== null && { approvals: evidence.approvals }),
    }),
    clock: systemClock,
    policy: () => current().digest,
    analyse: (line, where) => analyse(line, around(where)),
    analyseArgv: (argv, where) => analyseArgv(argv, around(where)),
  };
  const session = ulid();
  const identity = localIdentity(process.env);
  const ended = new EndableSignals(process);
  const unwatch = evidence.endings.watch(session, () => ended.end());
  const shell = runShell({
    guard,
    session,
    identity,
    recordInput: current().recordsInput(identity),
    cwd: options.cwd ?? process.cwd(),
    request: options.request,
    stdio: options.stdio ?? ownStdio(),
    env: options.env ?? ownEnvironment(),
    signals: ended,
    access: accessOf(evidence, session),
  });
  const { status } = await shell.finally(unwatch);
  return { status, session };
}

/** What programs in the shell reach by default: the guarded Kubernetes API where there is one, and their own requests. */
function accessOf({ kube, ownAccess }: Evidence, session: SessionId): Access {
  return {
    async open(directory) {
      const [text, own] = await Promise.all([kube?.grant(session), ownAccess?.(session)]);
      return {
        ...(text && { KUBECONFIG: await directory.write('kubeconfig', text) }),
        ...(own && { CHAPERONE_SESSION: await directory.write('session.json', JSON.stringify(own)) }),
      };
    },
    close: async () => kube?.revoke(session),
  };
}

/** The session's own HOME comes first; where it has none, what the system calls the user's home is still to be kept. */
function located(where: Whereabouts): Whereabouts {
  const home = where.home ?? homeDirectory();
  return home === null ? where : { ...where, home };
}

/** Never impose a terminal: one is used only where stdin and stdout are one. */
function ownStdio(): ShellOptions['stdio'] {
  return process.stdin.isTTY && process.stdout.isTTY ? new ProcessTerminal() : new ProcessPipes();
}

/** What the guarded shell inherits: all but the recorder's token, which lets in whoever has it. */
function ownEnvironment(): Record<string, string> {
  const { CHAPERONE_TOKEN: _, ...env } = process.env;
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
