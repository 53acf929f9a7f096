/**
 * The command line: one file per verb, each of which declares itself and loads what it needs only when it
 * runs, so that `chaperone --version` costs nothing.
 */
import { Command, CommanderError } from 'commander';
import { ChaperoneError, ERRORS } from '../../recorder/errors.ts';
import { VERSION } from '../version.ts';
import { completion } from './completion.ts';
import { demo } from './demo.ts';
import { exportVerb } from './export.ts';
import { play } from './play.ts';
import { policy } from './policy.ts';
import { sessions } from './sessions.ts';
import { shell } from './shell.ts';
import { show } from './show.ts';
import { up } from './up.ts';
import { verify } from './verify.ts';

const VERBS = [up, shell, sessions, show, play, exportVerb, verify, policy, demo, completion];

const EXIT_CODES = `
Exit codes: 0 done; 1 failed or not verified; 2 usage; 3 not found; 4 not permitted; 5 unavailable;
126 refused by policy; otherwise the guarded command's own (128+n for signals).`;

/** The whole command tree. */
export function program(): Command {
  const root = new Command('chaperone')
    .description('Guards, records, proves and replays what an agent does in a shell.')
    .version(VERSION)
    .enablePositionalOptions()
    .showHelpAfterError('(chaperone --help lists the verbs)')
    .addHelpText('after', EXIT_CODES)
    .exitOverride();
  for (const verb of VERBS) verb(root);
  return root;
}

/** Runs one command line and sets the process's exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  // The reader of a pipe may leave early (`chaperone export ID | head`): that is not an error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  try {
    await program().parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Prints one clear line, and gives the exit status that the table has for it. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ERRORS.USAGE.exit;
  if (error instanceof ChaperoneError) {
    process.stderr.write(`chaperone: ${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`chaperone: ${error instanceof Error ? error.message : String(error)}\n`);
  if (process.env.CHAPERONE_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return 1;
}
