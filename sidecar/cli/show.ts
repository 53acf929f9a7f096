import type { Command } from 'commander';
import { AGENTS, sessionTitle } from '../../recorder/export/labels.ts';
import type { SessionSummary } from '../../recorder/log/ports.ts';
import { dataDirectory, dataOption } from './data.ts';
import { findSession, withEvidence } from './evidence.ts';
import {
  formatBytes,
  formatDuration,
  formatOutcome,
  formatTime,
  jsonLine,
  table,
  visible,
} from './format.ts';
import { History, shownEvents } from './history.ts';

/** `chaperone show ID`: who, where, and each command and request with its decision. */
export function show(root: Command): void {
  root
    .command('show')
    .description('show a session: who, where, and each command and request with its decision')
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
    const history = new History(session.startedAt);
    for await (const event of shownEvents(archive, session.id)) {
      process.stdout.write(options.json ? jsonLine(event) : history.line(event));
    }
    if (!options.json) process.stdout.write(history.rest());
  });
}

function describe(session: SessionSummary): string {
  const { identity, terminal } = session;
  const rows: [string, string][] = [
    ['session', session.id],
    ['what', visible(sessionTitle(session))],
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
    ['commands', String(session.commands)],
    ['requests', String(session.requests)],
    ['decisions', `${session.refused} refused, ${session.unjudged} unjudged`],
  ];
  if (identity.conversation !== undefined) rows.push(['conversation', visible(identity.conversation)]);
  if (session.entrance?.kind === 'remote') {
    const { origin } = session.entrance;
    rows.push(['opened by', `request ${origin.request} of session ${origin.session}`]);
  }
  if (session.entrance?.kind === 'launcher') {
    const { shell, pid, parent, wrapper } = session.entrance;
    const by = parent === '' ? '' : `, started by ${parent}`;
    rows.push(['shell', visible(`${shell} (process ${pid})${by}`)]);
    if (wrapper !== undefined) rows.push(['wrapper of', AGENTS[wrapper.agent]]);
  }
  if (session.error !== undefined) rows.push(['error', visible(session.error)]);
  return `${table(rows)}\n`;
}
