import { type Command, InvalidArgumentError } from 'commander';
import type { RemoteApprovals } from '../../recorder/client/approvals.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import { askedText } from '../../recorder/export/labels.ts';
import type { ApprovalView } from '../../recorder/server/api.ts';
import { effectSummary, effectText, isShown } from './approvals/effect.ts';
import { dataDirectory, dataOption } from './data.ts';
import { byEnding } from './evidence.ts';
import { clip, formatDuration, formatTime, jsonLine, paint, table, visible } from './format.ts';

interface Where {
  data?: string;
  json?: boolean;
}

/** `chaperone approvals`: what waits for a person, and the decisions on it. */
export function approvals(root: Command): void {
  const verb = root.command('approvals').description('see what waits for a person, and decide on it');
  verb
    .command('list')
    .description('list what waits, and what was decided lately')
    .addOption(dataOption())
    .option('--json', 'one JSON object a line')
    .action((options: Where) => using(options, list(options)));
  verb
    .command('watch')
    .description('say what begins to wait and what is decided, as it happens')
    .addOption(dataOption())
    .option('--json', 'one JSON object a line')
    .action((options: Where) => using(options, watch(options)));
  verb
    .command('show')
    .description('show all of one: what exactly would run, and its body')
    .argument('<id>', 'the request, or the last characters of its id')
    .addOption(dataOption())
    .action((id: string, options: Where) => using(options, show(id)));
  verb
    .command('approve')
    .description('let one go on')
    .argument('<id>', 'the request, or the last characters of its id')
    .addOption(dataOption())
    .option('-m, --comment <text>', 'why, for the record and for who asked')
    .option('--for <minutes>', 'the very same passes again in this conversation for so long', minutes)
    .action((id: string, { comment, for: time, ...options }: Where & { comment?: string; for?: number }) =>
      using(options, vote(id, { vote: 'approve', ...said(comment), ...(time && { minutes: time }) })),
    );
  verb
    .command('deny')
    .description('refuse one')
    .argument('<id>', 'the request, or the last characters of its id')
    .addOption(dataOption())
    .option('-m, --comment <text>', 'why, for the record and for who asked')
    .action((id: string, { comment, ...options }: Where & { comment?: string }) =>
      using(options, vote(id, { vote: 'deny', ...said(comment) })),
    );
  verb
    .command('cancel')
    .description('take one back that waits: your own, or as an administrator')
    .argument('<id>', 'the request, or the last characters of its id')
    .addOption(dataOption())
    .action((id: string, options: Where) => using(options, cancel(id)));
  verb
    .command('grants')
    .description('list what passes again without being asked')
    .addOption(dataOption())
    .option('--json', 'one JSON object a line')
    .action((options: Where) => using(options, grants(options)));
  verb
    .command('revoke')
    .description('end a grant, or an approval that was not used yet')
    .argument('<id>', 'the request, or the last characters of its id')
    .addOption(dataOption())
    .action((id: string, options: Where) => using(options, revoke(id)));
}

type Work = (desk: RemoteApprovals) => Promise<void>;

/** @throws ChaperoneError `RECORDER_GONE` where none runs: nobody waits then */
async function using({ data }: Where, work: Work): Promise<void> {
  const { findRecorderAsPerson } = await import('../../recorder/client/person.ts');
  const recorder = await findRecorderAsPerson(dataDirectory(data), process.env);
  if (recorder === null)
    throw new ChaperoneError('RECORDER_GONE', 'no recorder runs here: start one with `chaperone up`');
  const { RemoteApprovals } = await import('../../recorder/client/approvals.ts');
  await work(new RemoteApprovals(recorder));
}

function list({ json }: Where): Work {
  return async (desk) => {
    const all = await desk.list();
    process.stdout.write(json ? all.map(jsonLine).join('') : listed(all, 'nothing waits for a person\n'));
  };
}

function grants({ json }: Where): Work {
  return async (desk) => {
    const granted = (await desk.list()).filter(({ grantedUntil }) => grantedUntil !== undefined);
    process.stdout.write(json ? granted.map(jsonLine).join('') : listed(granted, 'no grants\n'));
  };
}

function watch({ json }: Where): Work {
  return async (desk) => {
    const controller = new AbortController();
    process.once('SIGINT', () => controller.abort());
    const shown = (views: readonly ApprovalView[]) =>
      process.stdout.write(views.map((view) => (json ? jsonLine(view) : `${oneLine(view)}\n`)).join(''));
    try {
      for await (const line of desk.follow(controller.signal))
        shown(
          'changed' in line
            ? [line.changed]
            : ('all' in line ? line.all : line.more).filter(({ state }) => state === 'pending'),
        );
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    }
  };
}

function show(wanted: string): Work {
  return async (desk) => {
    const view = await find(desk, wanted);
    process.stdout.write(whole(view));
    if (view.asked.kind === 'request' && isShown(view.asked.effect))
      process.stdout.write(`\n${effectText(await desk.effect(view.id))}`);
    if (view.body !== undefined || view.asked.kind === 'tool')
      process.stdout.write(`\n${(await desk.body(view.id)).split('\n').map(visible).join('\n')}\n`);
  };
}

function vote(
  wanted: string,
  ballot: { vote: 'approve' | 'deny'; comment?: string; minutes?: number },
): Work {
  return async (desk) => {
    const view = await desk.vote((await find(desk, wanted)).id, ballot);
    process.stdout.write(`${oneLine(view)}\n`);
  };
}

function cancel(wanted: string): Work {
  return async (desk) => {
    const view = await desk.cancel((await find(desk, wanted)).id);
    process.stdout.write(`${oneLine(view)}\n`);
  };
}

function revoke(wanted: string): Work {
  return async (desk) => {
    const view = await desk.revoke((await find(desk, wanted)).id);
    process.stdout.write(`${view.id} is revoked\n`);
  };
}

async function find(desk: RemoteApprovals, wanted: string): Promise<ApprovalView> {
  const found = byEnding(await desk.list(), wanted);
  if (typeof found !== 'string') return found;
  throw new ChaperoneError('NOT_FOUND', `request ${visible(wanted)} ${found}: chaperone approvals list`);
}

function listed(views: readonly ApprovalView[], none: string): string {
  if (views.length === 0) return none;
  const header = ['ID', 'ASKED', 'STATE', 'WHO', 'RULE', 'WHAT'];
  const rows = views.map((view) => [
    view.id,
    formatTime(view.requestedAt),
    stateOf(view),
    visible(view.requester.user),
    visible(view.rule),
    clip(visible(askedText(view.asked)), WHAT_WIDTH),
  ]);
  return table([header, ...rows]);
}

const WHAT_WIDTH = 60;

function oneLine(view: ApprovalView): string {
  const colour = {
    pending: 'yellow',
    approved: 'green',
    denied: 'red',
    expired: 'red',
    cancelled: 'red',
  } as const;
  const state = paint(colour[view.state], stateOf(view));
  return `${formatTime(view.requestedAt)}  ${view.id}  ${state}  ${visible(view.requester.user)}: ${visible(askedText(view.asked))}  (${visible(view.rule)})`;
}

function stateOf({ state, terms, votes, grantedUntil, used, revoked, may }: ApprovalView): string {
  const now = Date.now() * 1000;
  switch (state) {
    case 'pending': {
      const yes = votes.length === 0 && terms.quorum === 1 ? '' : ` ${votes.length}/${terms.quorum}`;
      return `waits${yes}, ${formatDuration(terms.until - now)} left${may.vote ? '' : ', not for you to decide'}`;
    }
    case 'approved':
      if (revoked) return 'revoked';
      if (grantedUntil !== undefined) return `granted, ${formatDuration(grantedUntil - now)} left`;
      return used ? 'approved' : 'approved, not used';
    case 'denied':
    case 'expired':
    case 'cancelled':
      return state;
  }
}

function whole(view: ApprovalView): string {
  const { id, session, requester, asked, rule, reason, votes, terms, obstacle } = view;
  const rows = [
    ['request', id],
    ['state', stateOf(view)],
    ['what', visible(askedText(view.asked))],
    ['where', visible(asked.kind === 'request' ? asked.uri : asked.cwd)],
    ['who', `${visible(requester.user)} (${requester.proof})`],
    ...(requester.pod ? [['pod', visible(`${requester.pod.namespace}/${requester.pod.name}`)]] : []),
    ...(requester.conversation ? [['conversation', visible(requester.conversation)]] : []),
    ['session', session],
    ['rule', visible(rule)],
    ['reason', visible(reason)],
    ...(terms.groups.length > 0 ? [['decided by', visible(terms.groups.join(', '))]] : []),
    ...(terms.quorum > 1 ? [['approvals', approvalsOf(view)]] : []),
    ...(obstacle === undefined ? [] : [['you', `may not decide: ${visible(obstacle.message)}`]]),
    ...(asked.kind === 'command'
      ? asked.commands.map(({ argv, via }) => ['runs', visible([...via, ...argv].join(' '))])
      : []),
    ...(asked.kind === 'request' && asked.effect ? [['would', effectSummary(asked.effect)]] : []),
    ...asked.unknown.map((why) => ['unknown', visible(why)]),
    ...votes.map(({ user, vote, comment }) => [
      'vote',
      visible(`${user}: ${vote}${comment ? ` (${comment})` : ''}`),
    ]),
  ];
  return table(rows);
}

function approvalsOf({ votes, terms }: ApprovalView): string {
  const given = votes.filter(({ vote }) => vote === 'approve').length;
  const why = terms.unproven === true ? ', one more than the rule asks: nothing proves who asks' : '';
  return `${given} of ${terms.quorum}${why}`;
}

function said(comment: string | undefined): { comment?: string } {
  return comment === undefined ? {} : { comment };
}

const LONGEST = 480;

function minutes(value: string): number {
  const number = Number(value.replace(/m$/, ''));
  if (!Number.isInteger(number) || number < 1 || number > LONGEST)
    throw new InvalidArgumentError(`whole minutes from 1 to ${LONGEST}`);
  return number;
}
