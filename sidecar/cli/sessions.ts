import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { sessionTitle } from '../../recorder/export/labels.ts';
import type { SessionSummary } from '../../recorder/log/ports.ts';
import { dataDirectory, dataOption } from './data.ts';
import { withEvidence } from './evidence.ts';
import { clip, formatDuration, formatOutcome, formatTime, jsonLine, table, visible } from './format.ts';

const COMMAND_WIDTH = 60;

/** `chaperone sessions`: what was recorded, newest first. */
export function sessions(root: Command): void {
  root
    .command('sessions')
    .description('list recorded sessions, newest first')
    .addOption(dataOption())
    .option('-n, --limit <count>', 'how many, 1 to 500', count, 50)
    .option('-s, --search <words>', 'only those whose commands, user or host contain the words')
    .option('--json', 'one JSON object a line')
    .action(run);
}

async function run(options: {
  data?: string;
  limit: number;
  search?: string;
  json?: boolean;
}): Promise<void> {
  const query = { limit: options.limit, ...(options.search === undefined ? {} : { search: options.search }) };
  const page = await withEvidence(dataDirectory(options.data), ({ archive }) => archive.sessions(query));
  process.stdout.write(options.json ? page.sessions.map(jsonLine).join('') : list(page.sessions));
}

function list(found: readonly SessionSummary[]): string {
  if (found.length === 0) return 'no sessions\n';
  const header = ['ID', 'STARTED', 'DURATION', 'USER', 'OUTCOME', 'COMMANDS', 'REQUESTS', 'REFUSED', 'WHAT'];
  return table([header, ...found.map(row)]);
}

function row(session: SessionSummary): string[] {
  return [
    session.id,
    formatTime(session.startedAt),
    formatDuration(session.lastAt - session.startedAt),
    visible(session.identity.user),
    formatOutcome(session),
    String(session.commands),
    String(session.requests),
    String(session.refused),
    clip(visible(sessionTitle(session)), COMMAND_WIDTH),
  ];
}

function count(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 500)
    throw new InvalidArgumentError('a whole number from 1 to 500');
  return number;
}
