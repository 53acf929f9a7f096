import type { Command } from 'commander';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { Problem, VerifyReport } from '../../recorder/log/ports.ts';
import { dataDirectory, dataOption } from './data.ts';
import { findSession, isWholeId, requireEvidence, runningRecorder, withEvidence } from './evidence.ts';
import { count, jsonLine, paint, visible } from './format.ts';
import { progressBar } from './progress.ts';

/** How many problems are printed; `--json` prints all that the report has. */
const SHOWN = 20;

/** `chaperone verify [ID]`: is the evidence what was recorded? */
export function verify(root: Command): void {
  root
    .command('verify')
    .description('check that the evidence is whole and unaltered')
    .argument('[id]', 'only the content of one session; the log as a whole is always checked')
    .addOption(dataOption())
    .option('--checkpoint <file>', 'a signed checkpoint that was kept elsewhere: the log must extend it')
    .option('--json', 'the report as JSON')
    .action(run);
}

interface Options {
  data?: string;
  checkpoint?: string;
  json?: boolean;
}

/** A signed note has some lines; this leaves room for many witnesses, and fits a request. */
const NOTE_LIMIT = 8 * 1024;

async function run(id: string | undefined, options: Options): Promise<void> {
  const data = dataDirectory(options.data);
  await requireEvidence(data);
  const kept = options.checkpoint === undefined ? {} : { checkpoint: await readNote(options.checkpoint) };
  const report = await check(data, id, kept);
  process.stdout.write(options.json ? jsonLine(report) : describe(report));
  if (!report.ok)
    throw new ChaperoneError(
      'NOT_VERIFIED',
      'the evidence does not verify: keep the directory as it is, and compare it with a copy',
    );
}

/**
 * A running recorder checks its own store. A store that nobody holds is checked file by file before LevelDB
 * opens it, for opening drops a damaged end without a word.
 */
async function check(
  data: string,
  id: string | undefined,
  kept: { checkpoint?: string },
): Promise<VerifyReport> {
  const bar = progressBar('verifying');
  const progress = (done: number, total: number) => bar.update(done, total);
  try {
    const recorder = await runningRecorder(data);
    if (recorder !== null) {
      const session = id === undefined ? {} : { session: (await findSession(recorder, id)).id };
      return await recorder.verify({ ...session, ...kept, progress });
    }
    const { verifyClosed } = await import('../../recorder/log/verification.ts');
    return await verifyClosed(data, {
      ...(id === undefined ? {} : { session: await resolve(data, id) }),
      ...kept,
      progress,
    });
  } finally {
    bar.stop();
  }
}

/** @throws ChaperoneError `USAGE` */
async function readNote(path: string): Promise<string> {
  const { readText } = await import('../../recorder/store/regular-file.ts');
  const note = await readText(path, { limit: NOTE_LIMIT }).catch((error: Error) => {
    throw new ChaperoneError('USAGE', `${path} is no checkpoint: ${error.message}`);
  });
  if (note === null)
    throw new ChaperoneError('USAGE', `${path} is not there: name a copy of DATA/checkpoint`);
  return note;
}

/** A whole id is taken as it is, so that a store too damaged to be opened can still be checked. */
function resolve(data: string, id: string): Promise<string> | string {
  return isWholeId(id)
    ? id.toUpperCase()
    : withEvidence(data, async ({ archive }) => (await findSession(archive, id)).id);
}

function describe(report: VerifyReport): string {
  if (report.ok)
    return `${paint('green', 'verified')}: ${count(report.size, 'event')} in ${count(report.sessions, 'session')}, as signed in\n\n${report.checkpoint}`;
  const lines = report.problems.slice(0, SHOWN).map((problem) => `${describeProblem(problem)}\n`);
  const more = report.problems.length - lines.length;
  return `${lines.join('')}${more > 0 ? `… and ${more} more\n` : ''}`;
}

function describeProblem(problem: Problem): string {
  const where = [
    problem.file === undefined ? '' : `file ${visible(problem.file)}`,
    problem.session === undefined ? '' : `session ${problem.session}`,
    problem.seq === undefined ? '' : `event ${problem.seq}`,
    problem.range === undefined ? '' : `bytes ${problem.range.from}–${problem.range.to}`,
  ].filter(Boolean);
  return `${paint('red', `✗ ${problem.code}`)} ${where.join(', ')}: ${visible(problem.message)}`;
}
