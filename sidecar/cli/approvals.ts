import { type Command, InvalidArgumentError } from 'commander';
import type { RemoteApprovals } from '../../recorder/client/approvals.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { ApprovalView } from '../../recorder/server/api.ts';
import { effectText, isShown } from './approvals/effect.ts';
import { listed, oneLine, whole } from './approvals/text.ts';
import { dataDirectory, dataOption } from './data.ts';
import { byEnding } from './evidence.ts';
import { jsonLine, visible } from './format.ts';

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
    .action((id: string, options: Where) => cancelled(options, id));
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

/** In a guarded shell it is that session which takes back, and only what it asked itself. */
async function cancelled(options: Where, wanted: string): Promise<void> {
  const { OwnApprovals } = await import('../../recorder/client/own-approvals.ts');
  const own = await OwnApprovals.ofEnvironment(process.env);
  await (own === null ? using(options, cancel(wanted)) : cancel(wanted)(own));
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

function cancel(wanted: string): (desk: Pick<RemoteApprovals, 'list' | 'cancel'>) => Promise<void> {
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

async function find(desk: Pick<RemoteApprovals, 'list'>, wanted: string): Promise<ApprovalView> {
  const found = byEnding(await desk.list(), wanted);
  if (typeof found !== 'string') return found;
  throw new ChaperoneError('NOT_FOUND', `request ${visible(wanted)} ${found}: chaperone approvals list`);
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
