import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { ExportFormat } from '../../recorder/export/format.ts';
import type { Archive, SessionSummary, StoredEvent } from '../../recorder/log/ports.ts';
import { dataDirectory, dataOption } from './data.ts';
import { findSession, withEvidence } from './evidence.ts';
import { count, formatBytes } from './format.ts';
import { type Progress, progressBar } from './progress.ts';

const STDOUT: ReadonlySet<string> = new Set(['-', '/dev/stdout']);

const FORMATS: readonly ExportFormat[] = ['v3', 'v2', 'txt', 'json'];

interface Options {
  data?: string;
  all?: boolean;
  format: ExportFormat;
  output?: string;
}

/** `chaperone export ID|--all`: asciicast, text or JSON lines. */
export function exportVerb(root: Command): void {
  root
    .command('export')
    .description('write a session, or all, as asciicast, text or JSON lines')
    .argument('[id]', 'a session id, its last characters, or "last"')
    .addOption(dataOption())
    .option('--all', 'every session, each to a file of its own in the directory that -o names')
    .addOption(new Option('-f, --format <format>', 'what to write').choices(FORMATS).default('v3'))
    .option('-o, --output <path>', 'a file (default: standard output), or with --all a directory')
    .action(run);
}

async function run(id: string | undefined, options: Options): Promise<void> {
  if ((id === undefined) === (options.all !== true))
    throw new ChaperoneError('USAGE', 'name one session, or give --all');
  if (options.output === '') throw new ChaperoneError('USAGE', '-o needs a name');
  if (options.all && options.output === undefined) throw new ChaperoneError('USAGE', '--all needs -o DIR');
  const bar = progressBar('exporting');
  try {
    await withEvidence(dataDirectory(options.data), async ({ archive }) => {
      if (id === undefined) await exportAll(archive, options.format, options.output as string, bar);
      else await exportOne(archive, await findSession(archive, id), options, bar);
    });
  } finally {
    bar.stop();
  }
}

async function exportOne(
  archive: Archive,
  session: SessionSummary,
  options: Options,
  bar: Progress,
): Promise<void> {
  const chunks = await render(archive, session, options.format, (done) =>
    bar.update(done, session.outputBytes),
  );
  if (options.output === undefined || STDOUT.has(options.output))
    await pipeline(chunks, process.stdout, { end: false });
  else await write(options.output, chunks);
}

async function exportAll(
  archive: Archive,
  format: ExportFormat,
  directory: string,
  bar: Progress,
): Promise<void> {
  const { FORMATS: table } = await import('../../recorder/export/format.ts');
  await makeDirectory(directory);
  let files = 0;
  let bytes = 0;
  for await (const session of everySession(archive)) {
    const path = join(directory, `${session.id}.${table[format].extension}`);
    await write(path, await render(archive, session, format, () => bar.update(files, files + 1)));
    files++;
    bytes += (await stat(path)).size;
  }
  process.stderr.write(`${count(files, 'session')}, ${formatBytes(bytes)} written to ${directory}\n`);
}

async function* everySession(archive: Archive): AsyncGenerator<SessionSummary> {
  let before: string | undefined;
  do {
    const page = await archive.sessions({ limit: 500, ...(before === undefined ? {} : { before }) });
    yield* page.sessions;
    before = page.next;
  } while (before !== undefined);
}

async function render(
  archive: Archive,
  session: SessionSummary,
  format: ExportFormat,
  progress: (outputBytes: number) => void,
): Promise<AsyncIterable<string>> {
  const { exportSession } = await import('../../recorder/export/format.ts');
  return exportSession(format, session, counted(archive.events(session.id), progress));
}

async function* counted(
  events: AsyncIterable<StoredEvent>,
  progress: (bytes: number) => void,
): AsyncGenerator<StoredEvent> {
  let bytes = 0;
  for await (const stored of events) {
    const { body } = stored.event;
    if (body.type === 'session.output') {
      bytes += body.content.bytes;
      progress(bytes);
    }
    yield stored;
  }
}

/** Its parent must be there: `mkdir -p` of Node never returns where the kernel has the last word (/proc). */
async function makeDirectory(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) return;
  if (found !== null) throw new ChaperoneError('USAGE', `${path} is not a directory: --all needs one`);
  await mkdir(path, { mode: 0o700 }).catch((error) => explain(error, path));
}

async function write(path: string, chunks: AsyncIterable<string>): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory())
    throw new ChaperoneError('USAGE', `${path} is a directory: name a file in it, or give --all`);
  // A device or a pipe is written to; putting a file in its place would take it away from everybody.
  const written =
    found === null || found.isFile() ? writeWhole(path, chunks) : pipeline(chunks, createWriteStream(path));
  await written.catch((error) => explain(error, path));
}

/** Writes beside the target and renames: a file of that name is always whole. Recordings are private: 0600. */
async function writeWhole(path: string, chunks: AsyncIterable<string>): Promise<void> {
  const temporary = join(dirname(path), `.${randomBytes(6).toString('hex')}.part`);
  try {
    await pipeline(chunks, createWriteStream(temporary, { flags: 'wx', mode: 0o600 }));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** What the system says of the temporary file, said of what the user named. */
function explain(error: NodeJS.ErrnoException, path: string): never {
  const cause = { cause: error };
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      throw new ChaperoneError(
        'NOT_FOUND',
        `${path} cannot be made: is there a directory ${dirname(resolve(path))}?`,
        cause,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      throw new ChaperoneError('FORBIDDEN', `${path} may not be written: name another place`, cause);
    case 'ENOSPC':
    case 'EDQUOT':
      throw new ChaperoneError('STORE_FULL', `no space is left for ${path}: nothing was written`, cause);
    default:
      throw error;
  }
}
