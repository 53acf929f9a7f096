/** Where Cursor's hooks and the launcher ask, beside a recorder that runs on one machine. */
import { dirname, join } from 'node:path';
import type { Identity } from '../../recorder/audit/identity.ts';
import { DOOR_LIMITS, Door } from '../agent/door.ts';
import { OnFailure } from '../agent/on-failure.ts';
import type { CursorHooks } from '../cursor/hooks.ts';
import { localIdentity } from '../identity/local.ts';
import type { SignedRun } from '../identity/signed-run.ts';
import type { PolicyFile } from '../policy/policy-file.ts';
import type { Evidence } from './evidence.ts';
import { complainOf, visible } from './format.ts';
import { homeDirectory } from './home.ts';
import type { ShellsHere } from './shells.ts';
import type { RunningRecorder } from './up.ts';

export interface Closeable {
  close(): Promise<void>;
}

/** What a process started by us, and one that somebody else starts, both call the socket. */
export function socketPath(data: string): string {
  return process.env.CHAPERONE_SOCKET || join(data, 'agent.sock');
}

/** What there is to say of a path at which no socket can be, https://man7.org/linux/man-pages/man7/unix.7.html; or null. */
export function tooLong(path: string): string | null {
  const bytes = Buffer.byteLength(path);
  if (bytes <= DOOR_LIMITS.path) return null;
  const why = `the socket's path is too long, ${bytes} bytes of at most ${DOOR_LIMITS.path}`;
  return `Cursor's hooks cannot ask here: ${why}: give a shorter --data, or name another by CHAPERONE_SOCKET (${path})`;
}

/**
 * @returns null, and says so, where the usual path is too long for a socket, and none was named
 * @throws ChaperoneError of `Door.open`
 */
export async function openDoor(
  data: string,
  { evidence, policy, secret }: Pick<RunningRecorder, 'evidence' | 'policy' | 'secret'>,
  signed: SignedRun | null = null,
): Promise<Closeable | null> {
  const path = socketPath(data);
  const amiss = tooLong(path);
  if (amiss !== null && !process.env.CHAPERONE_SOCKET) {
    process.stderr.write(`chaperone: ${visible(amiss)}\n`);
    return null;
  }
  let hooks: Promise<CursorHooks> | null = null;
  let shells: Promise<ShellsHere> | null = null;
  const door = await Door.open({
    path,
    hook: async (bytes, signal) => {
      hooks ??= entrance(evidence, policy, signed);
      return (await hooks).answer(bytes, signal);
    },
    shell: (talk, first) => {
      // What is loaded for the first of them takes longer than a launcher waits in silence.
      if (shells === null && first.kind === 'shell') talk.say({ kind: 'wait' });
      shells ??= import('./shells.ts').then(({ shellsHere }) =>
        shellsHere({ evidence, policy, secret, signed }, join(dirname(path), 'sessions')),
      );
      shells.then(
        (here) => here.serve(talk, first),
        (error) => {
          complain(error);
          talk.destroy();
        },
      );
    },
    report: complain,
  });
  const onFailure = new OnFailure(path, continuesHere(policy), complain);
  await onFailure.say();
  return {
    async close() {
      await onFailure.close();
      signed?.close();
      await shells?.then((here) => here.close());
      await door.close();
      await (await hooks)?.close();
    },
  };
}

/** Who it is here is found out only where a policy speaks of it. */
function continuesHere(policy: PolicyFile): () => boolean {
  let who: Identity | null = null;
  return () => {
    const current = policy.current();
    const stated = current.policies.some(({ spec }) => spec.recording?.onRecorderFailure === 'continue');
    if (!stated) return false;
    who ??= localIdentity({});
    return current.continuesUnrecorded(who);
  };
}

/** Loaded when the first hook asks. */
async function entrance(
  { journal, vault, approvals }: Evidence,
  policy: PolicyFile,
  signed: SignedRun | null,
): Promise<CursorHooks> {
  const [{ systemClock }, { analyse, analyseArgv }, { CursorHooks }, { MachineFiles }, { Gate }] =
    await Promise.all([
      import('../clock.ts'),
      import('../command/analyse.ts'),
      import('../cursor/hooks.ts'),
      import('../files/machine-files.ts'),
      import('../gate.ts'),
    ]);
  const current = () => policy.current();
  const { user, groups } = localIdentity({});
  const identity: Identity = { user, groups, proof: 'hook' };
  const home = homeDirectory();
  const files = new MachineFiles({ roots: [home ?? undefined] });
  const gate = new Gate({
    ...{ journal, clock: systemClock, policy: current },
    ...(approvals !== null && { approvals }),
  });
  return new CursorHooks({
    ...{ identity, home, report: complain },
    ...(signed !== null && { signed }),
    guard: {
      ...{ journal, vault, gate, clock: systemClock, analyse, analyseArgv },
      policy: () => current().digest,
    },
    analyse: (line, { cwd, workspace }) =>
      analyse(line, { cwd, workspace, files: files.view(), ...(home !== null && { home }) }),
    recordsThoughts: () => current().recordsThoughts(identity),
  });
}

const complain = complainOf('a hook failed');
