import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { ChaperoneError } from '../../recorder/errors.ts';
import { quoteShell } from '../command/words/quote.ts';
import type { Wanted } from '../cursor/hooks-file.ts';
import { dataDirectory, dataOption } from './data.ts';
import { visible } from './format.ts';

interface Options {
  data?: string;
  project?: string;
  system?: boolean;
}

/** `chaperone hooks`: Cursor's hooks.json, with which its agent asks here. */
export function hooks(root: Command): void {
  const verb = root.command('hooks').description("let the hooks of Cursor's agent ask chaperone");
  const where = (command: Command) =>
    command
      .addOption(dataOption())
      .addOption(new Option('--project <dir>', 'the project whose .cursor/hooks.json it is (default: here)'))
      .addOption(
        new Option('--system', 'the one of the machine, /etc/cursor/hooks.json').conflicts('project'),
      );
  verb.command('print').description('print a hooks.json').addOption(dataOption()).action(print);
  where(
    verb.command('install').description('put our hooks into hooks.json; what others have in it stays'),
  ).action(install);
  where(verb.command('check').description('look whether hooks.json is as it has to be')).action(check);
}

async function print(options: Options): Promise<void> {
  const { withOurs } = await import('../cursor/hooks-file.ts');
  process.stdout.write(textOf(withOurs(null, await wantedOf(options))));
}

async function install(options: Options): Promise<void> {
  const { withOurs } = await import('../cursor/hooks-file.ts');
  const { replaceFile } = await import('../../recorder/store/atomic-file.ts');
  const path = pathOf(options);
  const wanted = await wantedOf(options);
  const text = textOf(withOurs(await readHooks(path), wanted));
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, text, 0o644);
  process.stdout.write(`${path}: Cursor's agent asks chaperone from its next conversation on\n`);
}

async function check(options: Options): Promise<void> {
  const { complaints } = await import('../cursor/hooks-file.ts');
  const path = pathOf(options);
  const wanted = await wantedOf(options);
  const found = await readHooks(path);
  if (found === null) throw new ChaperoneError('NOT_FOUND', `${path} is not there: chaperone hooks install`);
  const wrong = complaints(found, wanted);
  for (const line of wrong) process.stdout.write(`${visible(line)}\n`);
  if (wrong.length > 0)
    throw new ChaperoneError(
      'NOT_VERIFIED',
      `${path} is not as it has to be: chaperone hooks install mends it`,
    );
  process.stdout.write(`${path}: every event asks chaperone\n`);
}

function pathOf({ project, system }: Options): string {
  return system ? '/etc/cursor/hooks.json' : join(project ?? process.cwd(), '.cursor/hooks.json');
}

async function readHooks(path: string) {
  const [{ readText }, { parseHooksFile }] = await Promise.all([
    import('../../recorder/store/regular-file.ts'),
    import('../cursor/hooks-file.ts'),
  ]);
  const text = await readText(path);
  try {
    return text === null ? null : parseHooksFile(text);
  } catch (error) {
    throw new ChaperoneError('USAGE', `${path} is not changed: ${(error as Error).message}`);
  }
}

/** @throws ChaperoneError `USAGE` where the recorder could not listen at its socket */
async function wantedOf({ data }: Options): Promise<Wanted> {
  const { socketPath, tooLong } = await import('./cursor.ts');
  const directory = dataDirectory(data);
  const socket = socketPath(directory);
  const amiss = tooLong(socket);
  if (amiss !== null) throw new ChaperoneError('USAGE', amiss);
  return {
    command: [program(), socket].map(quoted).join(' '),
    longestApproval: await longestApproval(join(directory, 'policy.yaml')),
  };
}

/** In seconds, by the policy as it is now. */
async function longestApproval(path: string): Promise<number> {
  const [{ readPolicyDocuments }, { longestTimeout }] = await Promise.all([
    import('../policy/policy-file.ts'),
    import('../policy/approval-terms.ts'),
  ]);
  const documents = existsSync(path) ? await readPolicyDocuments(path) : [];
  return Math.ceil(longestTimeout(documents.map(({ value }) => value)) / 1_000_000);
}

/** Cursor gives the line to a shell. */
function quoted(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : quoteShell(word);
}

/** Stands beside the bundle. @throws ChaperoneError `NOT_FOUND` */
function program(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const places = [join(here, 'chaperone-hook'), join(here, '../../dist/chaperone-hook')];
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new ChaperoneError(
      'NOT_FOUND',
      'chaperone-hook was not built: install a C compiler, and run npm run build',
    );
  return found;
}

function textOf(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
