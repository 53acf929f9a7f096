import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { ChaperoneError } from '../../recorder/errors.ts';
import { askedText, sessionTitle } from '../../recorder/export/labels.ts';
import type { Credential } from '../../recorder/offboard/credential.ts';
import type { Belongings, HeldApproval, Offboarded } from '../../recorder/offboard/offboard.ts';
import { dataDirectory, dataOption } from './data.ts';
import { clip, formatTime, jsonLine, paint, table, visible } from './format.ts';

interface Options {
  data?: string;
  json?: boolean;
  yes?: boolean;
}

/** `chaperone offboard USER…`: what somebody has who leaves, and its end. */
export function offboard(root: Command): void {
  root
    .command('offboard')
    .description(
      'somebody leaves: end their sessions, grants and logins, and say which credentials to rotate',
    )
    .argument('<user...>', 'every name that they have here: of the machine, of the provider')
    .addOption(dataOption())
    .option('-y, --yes', 'end it without asking; without this option and a terminal it is a look only')
    .option('--json', 'one JSON object: what they have; with --yes another one: what became of it')
    .action(run);
}

async function run(users: string[], options: Options): Promise<void> {
  const { findRecorderAsPerson } = await import('../../recorder/client/person.ts');
  const recorder = await findRecorderAsPerson(dataDirectory(options.data), process.env);
  if (recorder === null)
    throw new ChaperoneError(
      'RECORDER_GONE',
      'no recorder runs here, so nothing of theirs does either: start one with `chaperone up` to see what they had',
    );
  const { RemoteOffboard } = await import('../../recorder/client/offboard.ts');
  const remote = new RemoteOffboard(recorder);
  const found = await remote.look(users);
  process.stdout.write(options.json ? jsonLine(found) : looked(found, recorder.url));
  if (!(await isWanted(users, options))) return;
  const done = await remote.end(users);
  process.stdout.write(options.json ? jsonLine(done) : ended(done));
  if (done.sessions.some(({ state }) => state !== 'ended')) process.exitCode = 1;
}

/** A name that has to be typed is no slip of the finger. */
async function isWanted([first = '', ...others]: string[], { yes, json }: Options): Promise<boolean> {
  if (yes) return true;
  if (json || !process.stdin.isTTY || !process.stdout.isTTY) {
    if (!json) process.stdout.write('\nNothing has been ended: that takes --yes.\n');
    return false;
  }
  const asked = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const all = [first, ...others].map(visible).join(', ');
    const answer = await asked.question(`\nEnd all that runs for ${all}? Type ${visible(first)} to do it: `);
    if (answer.trim() === first) return true;
    process.stdout.write('Nothing has been ended.\n');
    return false;
  } finally {
    asked.close();
  }
}

function looked(found: Belongings, url: string): string {
  const { sessions, approvals, logins, credentials, read, overflow } = found;
  const toRotate = credentials.filter(({ verdict }) => verdict === 'rotate');
  const toCheck = credentials.filter(({ verdict }) => verdict === 'check');
  return [
    heading(`Running sessions: ${sessions.length}`),
    table(sessions.map((session) => ['', session.id, formatTime(session.startedAt), titleOf(session)])),
    heading(`Approvals that wait or hold: ${approvals.length}`),
    table(approvals.map((one) => ['', one.id, one.state, visible(one.user), askedFor(one)])),
    heading(`Logins: ${logins.length}`),
    table(logins.map((name) => ['', visible(name)])),
    heading(`To rotate: ${toRotate.length}, from ${read} sessions`),
    toRotate.map((one) => evidence(one, url)).join(''),
    heading(`To check: ${toCheck.length}`),
    toCheck.map((one) => evidence(one, url)).join(''),
    overflow ? 'There are more than are listed here.\n' : '',
  ].join('');
}

const heading = (text: string): string => `\n${text}\n`;

function titleOf(session: Belongings['sessions'][number]): string {
  return clip(visible(sessionTitle(session)), 60);
}

function askedFor({ asked }: HeldApproval): string {
  return clip(visible(askedText(asked)), 60);
}

function evidence({ kind, name, where, why, count, uses }: Credential, url: string): string {
  const place = where === '' ? '' : ` on ${visible(where)}`;
  const [first] = uses;
  const link = first === undefined ? '' : `${url}/sessions/${first.session}?t=${seconds(first.into)}`;
  const said =
    first === undefined
      ? ''
      : `${formatTime(first.at)}, event ${first.seq}: ${clip(visible(first.what), 60)}`;
  const times = count === 1 ? '' : `, ${count} times`;
  return `  ${paint('yellow', kind)} ${visible(name)}${place}\n    ${visible(why)}${times}\n    ${said}\n    ${link}\n`;
}

/** As the page reads it. */
function seconds(micros: number): string {
  return (Math.floor(micros / 100_000) / 10).toString();
}

function ended({ sessions, approvals, logins }: Offboarded): string {
  const still = sessions.filter(({ state }) => state !== 'ended');
  const count = sessions.length - still.length;
  const lines = [
    `\n${count} of ${sessions.length} sessions, ${approvals.length} approvals and ${logins.length} logins have ended.`,
    ...still.map(({ id, state }) =>
      state === 'told'
        ? `Session ${id} was told to end and has not yet: see that its process is gone.`
        : `Session ${id} could not be reached: end its process where it runs.`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
