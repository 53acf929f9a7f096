/** The private start-up files that put our hooks into an interactive shell, beside the user's own files. */
import { readFile } from 'node:fs/promises';
import type { Channel } from './frame.ts';
import type { Hooks } from './invocation.ts';
import { quoteShell } from './quote.ts';
import type { RuntimeDirectory } from './runtime-directory.ts';

export interface StartUp {
  argv: string[];
  env: Record<string, string>;
}

export interface GuardedShell {
  hooks: Hooks;
  program: string;
  login: boolean;
}

/** Writes the files and says how the shell is to be started so that it reads them. */
export async function prepare(
  shell: GuardedShell,
  channel: Channel,
  directory: RuntimeDirectory,
): Promise<StartUp> {
  switch (shell.hooks) {
    case 'bash': {
      const text = `${settings(channel, shell.login)}\n${await hook('guard.bash')}`;
      const file = await directory.write('bashrc', text);
      return { argv: [shell.program, '--rcfile', file, '-i'], env: {} };
    }
    case 'zsh':
      throw new Error('zsh');
  }
}

function settings({ port, secret, answerSecret }: Channel, login: boolean): string {
  return `# Written by chaperone for one session; it goes when the session ends.
declare -r __chaperone_port=${port} __chaperone_login=${login ? 'yes' : "''"}
declare -r __chaperone_secret=${quoteShell(secret)} __chaperone_answer=${quoteShell(answerSecret)}
declare -r __chaperone_counter='\\#'
`;
}

/** Beside this file in the source tree, and beside the bundle in the package. */
function hook(name: string): Promise<string> {
  return readFile(new URL(`./hooks/${name}`, import.meta.url), 'utf8');
}
