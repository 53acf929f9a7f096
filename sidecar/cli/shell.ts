import { basename } from 'node:path';
import type { Command } from 'commander';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { Request } from '../shell/invocation.ts';
import { dataDirectory, dataOption, requirePrivate } from './data.ts';

interface Options {
  data?: string;
  shell?: string;
}

/** `chaperone shell [-- command…]`: one guarded, recorded session. */
export function shell(root: Command): void {
  root
    .command('shell')
    .description('open a guarded, recorded shell, or run one command in a session of its own')
    .argument('[command...]', 'after --: what to run instead of an interactive shell')
    .addOption(dataOption())
    .option('--shell <shell>', 'bash, zsh or sh, or the path of one (default: $SHELL)')
    .passThroughOptions()
    .action(run);
}

async function run(command: string[], options: Options): Promise<void> {
  const { openEvidence } = await import('./evidence.ts');
  const [{ guardedShell }, { watchPolicy }] = await Promise.all([
    import('./guarded.ts'),
    import('./policies.ts'),
  ]);
  const data = dataDirectory(options.data);
  await requirePrivate(data);
  const evidence = await openEvidence(data).catch(adviseSharing);
  try {
    const policy = await watchPolicy(data, evidence);
    const outcome = guardedShell(evidence, policy, { request: requestOf(command, options.shell) });
    const { status } = await outcome.finally(() => policy.close());
    process.exitCode = status;
  } finally {
    await evidence.close();
  }
}

/** Two shells without a recorder want the same store: beside `chaperone up` there can be many. */
function adviseSharing(error: unknown): never {
  if (error instanceof ChaperoneError && error.code === 'STORE_LOCKED') {
    const advice = 'for several shells at once leave that one, start chaperone up, and open them beside it';
    throw new ChaperoneError(error.code, `${error.message}; ${advice}`, { cause: error });
  }
  throw error;
}

function requestOf(argv: string[], asked: string | undefined): Request {
  if (argv.length > 0) return { kind: 'argv', argv: asked === undefined ? argv : [asked, ...argv] };
  return { kind: 'shell', shell: asked ?? defaultShell() };
}

/** The user's own shell where its commands can be judged one by one, bash otherwise. */
export function defaultShell(): string {
  const own = process.env.SHELL ?? '';
  return ['bash', 'zsh'].includes(basename(own)) ? own : 'bash';
}
