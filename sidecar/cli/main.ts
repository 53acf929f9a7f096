/**
 * The command line: one file per verb, each of which declares itself and loads what it needs only when it
 * runs, so that `chaperone --version` costs nothing.
 */
import { constants } from 'node:os';
import { Command, CommanderError } from 'commander';
import { ChaperoneError, ERRORS } from '../../recorder/errors.ts';
import { VERSION } from '../version.ts';
import { approvals } from './approvals.ts';
import { blame } from './blame.ts';
import { completion } from './completion.ts';
import { demo } from './demo.ts';
import { exportVerb } from './export.ts';
import { visible } from './format.ts';
import { gateway } from './gateway.ts';
import { hooks } from './hooks.ts';
import { kubeconfig } from './kubeconfig.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { offboard } from './offboard.ts';
import { play } from './play.ts';
import { policy } from './policy.ts';
import { sessions } from './sessions.ts';
import { shell } from './shell.ts';
import { show } from './show.ts';
import { up } from './up.ts';
import { verify } from './verify.ts';

const VERBS = [
  up,
  shell,
  sessions,
  show,
  play,
  exportVerb,
  verify,
  policy,
  approvals,
  blame,
  offboard,
  kubeconfig,
  gateway,
  login,
  logout,
  hooks,
  demo,
  completion,
];

const EXIT_CODES = `
Exit codes: 0 done; 1 failed or not verified; 2 usage; 3 not found; 4 not permitted; 5 unavailable;
126 refused by policy; otherwise the guarded command's own (128+n for signals).`;

/** The whole command tree. */
export function program(): Command {
  const root = new Command('chaperone')
    .description('Guards, records, proves and replays what an agent does in a shell.')
    .version(VERSION)
    .enablePositionalOptions()
    .configureOutput({ outputError: complain })
    .addHelpText('after', EXIT_CODES)
    .exitOverride();
  for (const verb of VERBS) verb(root);
  return root;
}

/** Runs one command line and sets the process's exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  const root = program();
  outliveReaders(root);
  try {
    await root.parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Verbs that record: their work goes on when nobody reads what they print. */
const RECORDING = new Set(['up', 'shell', 'gateway']);

/** The reader of our output may leave early (`chaperone export ID | head`), or its disk be full. */
function outliveReaders(root: Command): void {
  let recording = false;
  root.hook('preAction', (_root, verb) => {
    recording = RECORDING.has(verb.name());
  });
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!recording) process.exit(unwritable(error));
  });
  // Nobody is left who could be told.
  process.stderr.on('error', () => undefined);
}

/** Never 0: what was asked for (a verification, say) was not told. */
function unwritable(error: NodeJS.ErrnoException): number {
  if (error.code === 'EPIPE') return 128 + constants.signals.SIGPIPE;
  process.stderr.write(`chaperone: standard output cannot be written: ${error.message}\n`);
  return 1;
}

/** What commander has to say of a command line, as one line. */
function complain(text: string, write: (line: string) => void): void {
  const problem = visible(
    text
      .trim()
      .replace(/^error: /, '')
      .replaceAll('\n', ' '),
  );
  write(`chaperone: ${problem.replace(/\.$/, '')}; see chaperone --help\n`);
}

/** Prints one clear line, and gives the exit status that the table has for it. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ERRORS.USAGE.exit;
  const message = error instanceof Error ? error.message : String(error);
  // It may quote what somebody else wrote: a file name, a policy, the words of a recorder.
  process.stderr.write(`chaperone: ${visible(message)}\n`);
  if (error instanceof ChaperoneError) return error.exitCode;
  if (process.env.CHAPERONE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return 1;
}
