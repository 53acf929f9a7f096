import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { ChaperoneError } from '../../recorder/errors.ts';
import { type Leave, untilSignal } from './leave.ts';
import { DEFAULT_PORT, portNumber, type RunningRecorder, startRecorder } from './up.ts';

const SIZE = { cols: 96, rows: 26 };

interface Options {
  port: number;
  quiet?: boolean;
  once?: boolean;
}

/** `chaperone demo`: a short real session, and its replay. */
export function demo(root: Command): void {
  root
    .command('demo')
    .description('play a short real session (a build, refusals, a full-screen program) and open its replay')
    .option(
      '-p, --port <port>',
      'where the page is; another free one where it is taken',
      portNumber,
      DEFAULT_PORT,
    )
    .option('--quiet', 'do not show the session while it is recorded')
    .option('--once', 'leave when the session ended instead of serving its replay')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { makeWorkspace } = await import('../demo/workspace.ts');
  const leave = untilSignal();
  const workspace = await makeWorkspace();
  try {
    const recorder = await onSomePort(workspace.data, options.port);
    try {
      const session = await playSession(recorder, workspace, { quiet: options.quiet === true, leave });
      if (options.once || leave.received()) return;
      const url = recorder.server.loginUrl(`/sessions/${session}`);
      process.stdout.write(
        `\nThat was a real guarded shell, and this is its replay (once; Ctrl-C ends it all):\n\n    ${url}\n\n`,
      );
      openBrowser(url);
      await leave.signalled;
    } finally {
      await recorder.close();
    }
  } finally {
    workspace.remove();
  }
}

async function onSomePort(data: string, port: number): Promise<RunningRecorder> {
  try {
    return await startRecorder(data, port);
  } catch (error) {
    if (error instanceof ChaperoneError && error.code === 'PORT_IN_USE') return startRecorder(data, 0);
    throw error;
  }
}

async function playSession(
  recorder: RunningRecorder,
  workspace: { home: string },
  { quiet, leave }: { quiet: boolean; leave: Leave },
): Promise<string> {
  const [{ guardedShell }, { lookUp }, { Typist }, { FULL_SCREEN, script }] = await Promise.all([
    import('./guarded.ts'),
    import('../shell/find-program.ts'),
    import('../demo/typist.ts'),
    import('../demo/script.ts'),
  ]);
  const typist = new Typist(SIZE, (bytes) => {
    if (!quiet) process.stdout.write(bytes);
  });
  void leave.signalled.then(() => typist.hangUp());
  const editor = FULL_SCREEN.find(({ program }) => lookUp(program, process.env.PATH ?? '', '/') !== null);
  const [{ session }] = await Promise.all([
    guardedShell(recorder.evidence, recorder.policy, {
      request: { kind: 'shell', shell: 'bash' },
      stdio: typist,
      env: demoEnvironment(workspace.home),
      cwd: workspace.home,
    }),
    typist.type(script(editor?.keys ?? [])),
  ]);
  return session;
}

function demoEnvironment(home: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: home, LANG: 'C.UTF-8', TERM: 'xterm-256color' };
}

/** Only where there is a desktop to open it on. */
function openBrowser(url: string): void {
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return;
  spawn('xdg-open', [url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
}
