import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { ExportFormat } from '../../recorder/export/format.ts';
import type { Archive, SessionSummary, StoredEvent } from '../../recorder/log/ports.ts';
import { dataDirectory, dataOption } from './data.ts';
import { findSession, withEvidence } from './evidence.ts';
import { formatBytes } from './format.ts';
import { type Progress, progressBar } from './progress.ts';

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
  if (options.output === undefined || options.output === '-')
    await pipeline(chunks, process.stdout, { end: false });
  else await writeWhole(options.output, chunks);
}

async function exportAll(
  archive: Archive,
  format: ExportFormat,
  directory: string,
  bar: Progress,
): Promise<void> {
  const { FORMATS: table } = await import('../../recorder/export/format.ts');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  let files = 0;
  let bytes = 0;
  for await (const session of everySession(archive)) {
    const path = join(directory, `${session.id}.${table[format].extension}`);
    await writeWhole(path, await render(archive, session, format, () => bar.update(files, files + 1)));
    files++;
    bytes += (await stat(path)).size;
  }
  process.stderr.write(`${files} sessions, ${formatBytes(bytes)} written to ${directory}\n`);
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

/** Writes beside the target and renames: a file of that name is always whole. Recordings are private: 0600. */
async function writeWhole(path: string, chunks: AsyncIterable<string>): Promise<void> {
  const temporary = join(dirname(path), `.${randomBytes(6).toString('hex')}.part`);
  try {
    await pipeline(chunks, createWriteStream(temporary, { flags: 'wx', mode: 0o600 }));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
