import { type Command, Option } from 'commander';
import type { Decision } from '../../../recorder/audit/decision.ts';
import { requestText } from '../../../recorder/export/labels.ts';
import type { Archive } from '../../../recorder/log/ports.ts';
import type { LoadedPolicy } from '../../policy/policy-file.ts';
import { Changes, type Example, type Group } from '../../policy/replay/changes.ts';
import { type DecidedBody, MISSING } from '../../policy/replay/recorded.ts';
import { isSame, type Redecided, redecide } from '../../policy/replay/redecide.ts';
import { dataDirectory, dataOption } from '../data.ts';
import { withEvidence } from '../evidence.ts';
import { clip, count, formatTime, jsonLine, paint, visible } from '../format.ts';
import { progressBar } from '../progress.ts';
import { type Replayed, replay } from './recordings.ts';
import { loadPolicy } from './which.ts';

interface Flags {
  data?: string;
  json?: boolean;
  exitCode?: boolean;
}

/** `chaperone policy diff A [B] --against recordings`. */
export function diff(policy: Command): void {
  policy
    .command('diff')
    .description('list recorded commands and requests that one policy decides otherwise than another')
    .argument('<a>', 'a policy file; alone, it is held against the policy in force')
    .argument('[b]', 'the policy file in its place')
    .addOption(
      new Option('--against <what>', 'what both decide').choices(['recordings']).default('recordings'),
    )
    .addOption(dataOption())
    .option('--json', 'every change as a JSON line, and a summary as the last one')
    .option('--exit-code', 'exit with 1 where something is decided otherwise')
    .action(run);
}

async function run(first: string, second: string | undefined, flags: Flags): Promise<void> {
  const files = second === undefined ? [undefined, first] : [first, second];
  const [a, b] = await Promise.all(files.map((file) => loadPolicy(file, flags.data)));
  const changes = await withEvidence(dataDirectory(flags.data), ({ archive }) =>
    compare(archive, { a: a!, b: b! }, (line) => flags.json && process.stdout.write(jsonLine(line))),
  );
  process.stdout.write(flags.json ? jsonLine({ summary: summaryOf(changes) }) : text(changes));
  if (flags.exitCode && changes.changed > 0) process.exitCode = 1;
}

interface Both {
  a: LoadedPolicy;
  b: LoadedPolicy;
}

/** Both policies on every recorded action. @param told of every change as it is found */
export async function compare(archive: Archive, both: Both, told: (line: object) => void): Promise<Changes> {
  const changes = new Changes();
  const bar = progressBar('deciding again');
  try {
    for await (const replayed of replay(archive, (done, total) => bar.update(done, total))) {
      const pair = await decideBoth(replayed, both);
      if ('missing' in pair) {
        changes.miss(pair.missing);
        continue;
      }
      changes.decided += 1;
      if (isSame(pair.a, pair.b)) continue;
      const example = exampleOf(replayed);
      changes.add(pair.a, pair.b, example);
      told({ ...example, a: pair.a, b: pair.b });
    }
  } finally {
    bar.stop();
  }
  return changes;
}

/** What was kept of a body is read where the decision hangs on it. */
async function decideBoth(
  replayed: Replayed,
  { a, b }: Both,
): Promise<{ a: Decision; b: Decision } | Extract<Redecided, { missing: unknown }>> {
  const { session, event } = replayed;
  const asked = { identity: session.identity, at: event.at };
  for (const recorded of [() => replayed.recorded, () => replayed.withContent()]) {
    const its = await recorded();
    const [one, other] = [redecide(a, its, asked), redecide(b, its, asked)];
    if ('decision' in one && 'decision' in other) return { a: one.decision, b: other.decision };
    const missing = 'missing' in one ? one.missing : 'missing' in other ? other.missing : 'context';
    if (missing !== 'body') return { missing };
  }
  return { missing: 'body' };
}

export function exampleOf({ session, event, body }: Replayed): Example {
  return { session: session.id, seq: event.seq, at: event.at, text: wordsOf(body) };
}

function wordsOf(body: DecidedBody): string {
  switch (body.type) {
    case 'command.decided':
      return body.line;
    case 'request.admitted':
      return requestText(body.request);
    case 'tool.decided':
      return [body.use, body.tool, body.path].filter(Boolean).join(' ');
  }
}

function summaryOf(changes: Changes) {
  const { decided, changed } = changes;
  return { decided, changed, missing: Object.fromEntries(changes.missing), groups: changes.groups() };
}

function text(changes: Changes): string {
  const { decided, changed, missing } = changes;
  const left = [...missing].sort((a, b) => b[1] - a[1]);
  const lost = left.reduce((sum, [, amount]) => sum + amount, 0);
  const lines = [
    `${count(decided, 'recorded action')} decided by both, ${changed} otherwise.\n`,
    ...changes.groups().map(groupText),
    lost === 0 ? '' : `\n${count(lost, 'action')} cannot be decided again:\n`,
    ...left.map(([why, amount]) => `  ${amount} × ${MISSING[why]}\n`),
  ];
  return lines.join('');
}

function groupText({ change, from, to, reason, count: amount, examples }: Group): string {
  const colour = change.endsWith('deny') ? 'red' : change.endsWith('allow') ? 'green' : 'yellow';
  const head = `\n${paint(colour, change)}  ${amount} ×  ${visible(from)} → ${visible(to)}: ${visible(reason)}\n`;
  const rows = examples.map(
    ({ at, session, text: words }) => `  ${formatTime(at)}  ${session}  ${clip(visible(words), 100)}\n`,
  );
  const more = amount - examples.length;
  return `${head}${rows.join('')}${more > 0 ? `  … and ${more} more\n` : ''}`;
}
