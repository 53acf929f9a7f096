import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Blame } from '../../recorder/attribution/chain.ts';
import type { BlameOptions, BlameQuery } from '../../recorder/attribution/query.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import { parseDuration } from '../policy/schema/approvals.ts';
import { askedFor, KINDS, type Meant } from './blame/asked.ts';
import { blameText } from './blame/text.ts';
import { dataDirectory, dataOption } from './data.ts';
import { recorderToRead, requireEvidence } from './evidence.ts';
import { jsonLine, visible } from './format.ts';
import { homeDirectory } from './home.ts';

interface Options {
  data?: string;
  namespace?: string;
  kind?: Meant['kind'];
  since?: number;
  limit: number;
  json?: boolean;
}

/** `chaperone blame WHAT`: which AI request did this, and for whom. */
export function blame(root: Command): void {
  root
    .command('blame')
    .description(
      'which AI request did this, and for whom: from an object, a file or a command up to the prompt',
    )
    .argument(
      '<what...>',
      'deployment/web, a UID, an API path; a file; a command line or a part of it; SESSION[#SEQ]',
    )
    .addOption(dataOption())
    .option('-n, --namespace <name>', 'of the object; default: any')
    .addOption(new Option('-k, --kind <kind>', 'what is meant, where the words do not tell').choices(KINDS))
    .option('--since <when>', 'nothing older: 30m, 12h, 7d, or a date', since)
    .option('-l, --limit <count>', 'how many, 1 to 100', limit, 10)
    .option('--json', 'one JSON object')
    .action(run);
}

async function run(words: string[], options: Options): Promise<void> {
  const data = dataDirectory(options.data);
  const { namespace = null, kind = null } = options;
  const around = { cwd: process.cwd(), home: homeDirectory(), isFile: existsSync };
  const asked = askedFor(words, { namespace, kind, ...around });
  const found = await answer(data, asked, { limit: options.limit, since: options.since ?? 0 });
  if (options.json) process.stdout.write(jsonLine(found.blame));
  else process.stdout.write(blameText(found.blame, found.url));
  if (found.blame.chains.length > 0) return;
  throw new ChaperoneError(
    'NOT_FOUND',
    `nothing is known of ${visible(words.join(' '))}: no ${nameOf(asked)} of that name was changed here`,
  );
}

/** By the recorder that runs, within what its reader may see; else by the store itself. */
async function answer(
  data: string,
  asked: BlameQuery,
  options: BlameOptions,
): Promise<{ blame: Blame; url: string | null }> {
  await requireEvidence(data);
  const recorder = await recorderToRead(data);
  if (recorder !== null) {
    const { RemoteBlame } = await import('../../recorder/client/blame.ts');
    return { blame: await new RemoteBlame(recorder).blame(asked, options), url: recorder.url };
  }
  const [{ AuditLog }, { Sources }, { blame: blameOf }] = await Promise.all([
    import('../../recorder/log/audit-log.ts'),
    import('../../recorder/attribution/sources.ts'),
    import('../../recorder/attribution/blame.ts'),
  ]);
  const log = await AuditLog.open({ data });
  try {
    return { blame: await blameOf(new Sources(log, log), asked, options), url: null };
  } finally {
    await log.close();
  }
}

function nameOf({ kind }: BlameQuery): string {
  return kind === 'event' ? 'session' : kind === 'uid' ? 'object' : kind;
}

/** Microseconds since the epoch. */
function since(text: string): number {
  const at = /^\d{4}-/.test(text) ? Date.parse(text) * 1000 : Date.now() * 1000 - ago(text);
  if (!Number.isSafeInteger(at) || at < 0)
    throw new InvalidArgumentError('30m, 12h, 7d, or a date such as 2026-11-22T08:00');
  return at;
}

function ago(text: string): number {
  const days = /^(\d{1,4})d$/.exec(text);
  return days === null ? parseDuration(text) : Number(days[1]) * 86_400_000_000;
}

function limit(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 100)
    throw new InvalidArgumentError('a whole number from 1 to 100');
  return number;
}
