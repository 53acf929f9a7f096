/** Shells behind the launcher, beside a recorder that runs on one machine: who asks sees the same files. */
import { SessionFiles } from '../agent/session-files.ts';
import { type SessionAccess, Shells } from '../agent/shells.ts';
import { Tokens } from '../agent/tokens.ts';
import { systemClock } from '../clock.ts';
import { analyse, analyseArgv } from '../command/analyse.ts';
import { MachineFiles } from '../files/machine-files.ts';
import { Gate } from '../gate.ts';
import { localIdentity } from '../identity/local.ts';
import type { SignedRun } from '../identity/signed-run.ts';
import type { Evidence } from './evidence.ts';
import { complainOf } from './format.ts';
import { homeDirectory } from './home.ts';
import type { RunningRecorder } from './up.ts';
import { workspaceOf } from './workspace.ts';

export type ShellsHere = Pick<Shells, 'serve' | 'close'>;

interface Parts extends Pick<RunningRecorder, 'evidence' | 'policy' | 'secret'> {
  /** Tells for whom the agent works; null where nothing does. */
  signed: SignedRun | null;
}

/** @param directory where the processes of a session find what is theirs */
export async function shellsHere(
  { evidence, policy, secret, signed }: Parts,
  directory: string,
): Promise<ShellsHere> {
  const { journal, vault, approvals, archive, endings } = evidence;
  const current = () => policy.current();
  const home = homeDirectory();
  const machine = new MachineFiles({ roots: [home ?? undefined] });
  const files = await SessionFiles.open(directory);
  const shells = new Shells({
    ...{ archive, endings, report: complain, tokens: new Tokens(secret('shells')) },
    guard: {
      ...{ journal, vault, clock: systemClock, analyse, analyseArgv },
      gate: new Gate({
        ...{ journal, clock: systemClock, policy: current },
        ...(approvals !== null && { approvals }),
      }),
      policy: () => current().digest,
    },
    identity: localIdentity({}),
    continues: (identity) => current().continuesUnrecorded(identity),
    decide: (action, identity) => current().decide(action, identity, systemClock.now()),
    ...(signed !== null && { signed: (identity) => signed.of(identity) }),
    around: { home, workspace: (cwd) => workspaceOf(cwd, home), files: () => machine.view() },
    access: accessOf(evidence, files),
  });
  return {
    serve: (talk, first) => shells.serve(talk, first),
    close() {
      shells.close();
      files.close();
    },
  };
}

/** What the processes of a session reach by default: the guarded Kubernetes API where there is one, and their own requests. */
function accessOf({ kube, ownAccess }: Evidence, files: SessionFiles): SessionAccess {
  return {
    async open(session) {
      const [text, own] = await Promise.all([kube?.grant(session), ownAccess?.(session)]);
      const write = (name: string, content: string) => files.write(session, name, content);
      return {
        ...(text && { KUBECONFIG: await write('kubeconfig', text) }),
        ...(own && { CHAPERONE_SESSION: await write('session.json', JSON.stringify(own)) }),
      };
    },
    async close(session) {
      await Promise.all([kube?.revoke(session), files.remove(session)]);
    },
  };
}

const complain = complainOf('a shell could not be guarded');
