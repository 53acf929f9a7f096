import type { Command } from 'commander';
import { type AuditEvent, type BodyOf, isRoutine } from '../../recorder/audit/event.ts';
import type { Archive, SessionSummary } from '../../recorder/log/ports.ts';
import { dataDirectory, dataOption } from './data.ts';
import { findSession, withEvidence } from './evidence.ts';
import {
  formatBytes,
  formatDuration,
  formatOutcome,
  formatTime,
  jsonLine,
  paint,
  table,
  visible,
} from './format.ts';

/** `chaperone show ID`: who, where, and each command with its decision. */
export function show(root: Command): void {
  root
    .command('show')
    .description('show a session: who, where, and each command with its decision')
    .argument('<id>', 'a session id, its last characters, or "last"')
    .addOption(dataOption())
    .option('--json', 'the summary and the events as JSON lines')
    .action(run);
}

async function run(id: string, options: { data?: string; json?: boolean }): Promise<void> {
  await withEvidence(dataDirectory(options.data), async ({ archive }) => {
    const session = await findSession(archive, id);
    if (options.json) process.stdout.write(jsonLine(session));
    else process.stdout.write(describe(session));
    for await (const event of decided(archive, session.id)) {
      process.stdout.write(options.json ? jsonLine(event) : commandLine(event, session.startedAt));
    }
  });
}

async function* decided(
  archive: Archive,
  id: string,
): AsyncGenerator<AuditEvent & { body: BodyOf<'command.decided'> }> {
  for await (const { event } of archive.events(id, { content: false })) {
    const { body } = event;
    if (body.type === 'command.decided' && !isRoutine(body)) yield { ...event, body };
  }
}

function describe(session: SessionSummary): string {
  const { identity, terminal } = session;
  const rows: [string, string][] = [
    ['session', session.id],
    ['command', visible(session.command.join(' '))],
    ['who', `${visible(identity.user)} (${identity.proof})`],
    ['where', `${visible(session.host)}:${visible(session.cwd)}`],
    ['started', formatTime(session.startedAt)],
    ['lasted', formatDuration(session.lastAt - session.startedAt)],
    ['outcome', formatOutcome(session)],
    [
      'terminal',
      terminal === undefined ? 'none' : `${terminal.cols}x${terminal.rows} ${visible(terminal.term)}`,
    ],
    ['output', formatBytes(session.outputBytes)],
    ['commands', `${session.commands}, ${session.refused} refused, ${session.unjudged} unjudged`],
  ];
  if (identity.conversation !== undefined) rows.push(['conversation', visible(identity.conversation)]);
  if (session.error !== undefined) rows.push(['error', visible(session.error)]);
  return `${table(rows)}\n`;
}

function commandLine(event: AuditEvent & { body: BodyOf<'command.decided'> }, startedAt: number): string {
  const { decision, line, allowed, unknown } = event.body;
  const when = formatDuration(event.at - startedAt).padStart(7);
  if (!allowed) {
    const refused = decision.effect === 'ask' ? 'refused, needs approval' : 'refused';
    return `${paint('red', `${when} ✗ ${visible(line)}`)}  (${refused} by ${visible(decision.rule)}: ${visible(decision.reason)})\n`;
  }
  if (decision.unjudged)
    return `${paint('yellow', `${when} ? ${visible(line)}`)}  (unjudged: ${visible(unknown.join('; '))})\n`;
  return `${when}   ${visible(line)}\n`;
}
