import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Item } from '../../recorder/asciicast/read.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { Archive } from '../../recorder/log/ports.ts';
import { dataDirectory, dataOption } from './data.ts';
import { findSession, withEvidence } from './evidence.ts';
import { Harmless } from './harmless.ts';
import { Playback, takeKeyboard } from './playback.ts';

interface Options {
  data?: string;
  speed: number;
  idle?: number;
}

/** How long a terminal may take to answer what the recording asked it, in milliseconds. */
const SETTLE_MS = 60;

/** Resets what a recording may leave behind: alternate screen, hidden cursor, modes, colours. */
const RESTORE =
  '\u001b[?1049l\u001b[?25h\u001b[?1l\u001b[?2004l\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1006l\u001b[0m';

/** `chaperone play ID|FILE`: replays in this terminal, at its own pace. */
export function play(root: Command): void {
  root
    .command('play')
    .description('replay a session, or an asciicast file, in this terminal (space pauses, q leaves)')
    .argument('<id|file>', 'a session id, its last characters, "last", or a file (./NAME, NAME.cast)')
    .addOption(dataOption())
    .option('-s, --speed <factor>', 'playback speed', positive, 1)
    .option('-i, --idle <seconds>', 'cut pauses down to this many seconds', positive)
    .action(run);
}

async function run(wanted: string, options: Options): Promise<void> {
  const { readCast } = await import('../../recorder/asciicast/read.ts');
  if (!isId(wanted)) return replay(readCast(readFile(wanted)), options);
  await withEvidence(dataDirectory(options.data), async ({ archive }) => {
    await replay(readCast(await sessionCast(archive, wanted)), options);
  });
}

/** A file is named with a dot or a slash: one that lies about as `last` must not pass for what was recorded. */
function isId(wanted: string): boolean {
  return /^[0-9A-Za-z]+$/.test(wanted);
}

async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new ChaperoneError('NOT_FOUND', `there is no file ${path}`, { cause: error });
    throw new ChaperoneError('CAST_INVALID', `${path} cannot be read: ${message}`, { cause: error });
  }
}

async function sessionCast(archive: Archive, wanted: string): Promise<AsyncIterable<Uint8Array>> {
  const { exportSession } = await import('../../recorder/export/format.ts');
  const session = await findSession(archive, wanted);
  const text = exportSession('v3', session, archive.events(session.id));
  return (async function* () {
    for await (const chunk of text) yield Buffer.from(chunk);
  })();
}

async function replay(items: AsyncIterable<Item>, options: Options): Promise<void> {
  const playback = new Playback();
  const giveBack = takeKeyboard(playback, process.stdin);
  try {
    await paint(items, options, playback);
  } finally {
    if (process.stdout.isTTY) process.stdout.write(RESTORE);
    // The terminal's last answers are on their way.
    if (process.stdin.isTTY) await playback.until(playback.now() + SETTLE_MS);
    giveBack();
  }
}

/** Writes each output when its time has come, waiting against the start so that delays do not add up. */
async function paint(items: AsyncIterable<Item>, options: Options, playback: Playback): Promise<void> {
  const harmless = new Harmless();
  let idle = options.idle;
  let shown = playback.now();
  let previous = 0;
  for await (const item of items) {
    if (playback.left) return;
    if (item.kind === 'header') idle ??= item.header.idleTimeLimit;
    if (item.kind === 'torn') process.stderr.write('chaperone: the last line was torn, and is left out\n');
    if (item.kind !== 'event' || item.event.code !== 'o') continue;
    const pause = (item.event.time - previous) / 1000;
    previous = item.event.time;
    shown += Math.min(pause, idle === undefined ? Number.POSITIVE_INFINITY : idle * 1000) / options.speed;
    await playback.until(shown);
    if (playback.left) return;
    if (!process.stdout.write(harmless.write(item.event.data))) await drained();
  }
}

function drained(): Promise<void> {
  return new Promise((resolve) => process.stdout.once('drain', resolve));
}

function positive(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError('a number above 0');
  return number;
}
