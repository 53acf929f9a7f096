/** The private start-up files that put our hooks into an interactive shell, beside the user's own files. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteShell } from '../command/words/quote.ts';
import type { Channel } from './frame.ts';
import { LINE_FILE } from './input-line.ts';
import type { Hooks } from './invocation.ts';
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
  env: Readonly<Record<string, string>>,
): Promise<StartUp> {
  switch (shell.hooks) {
    case 'bash': {
      const line = join(directory.path, LINE_FILE);
      const text = `${bashSettings(channel, shell.login, line)}${usual(env)}\n${await hook('guard.bash')}`;
      const file = await directory.write('bashrc', text);
      return { argv: [shell.program, '--rcfile', file, '-i'], env: {} };
    }
    case 'zsh': {
      const settings = zshSettings(channel, env.ZDOTDIR ?? '');
      const files = zshFiles(`${settings}${usual(env)}\n${await hook('guard.zsh')}`);
      await Promise.all(Object.entries(files).map(([name, text]) => directory.write(name, text)));
      return { argv: [shell.program, shell.login ? '-il' : '-i'], env: { ZDOTDIR: directory.path } };
    }
  }
}

const HEADER = '# Written by chaperone for one session; it goes when the session ends.';

/** What need not be told, for it is known from the start. */
const TOLD = ['PATH', 'HOME', 'KUBECONFIG', 'CDPATH', 'BASH_ENV'];

function usual(env: Readonly<Record<string, string>>): string {
  const lines = TOLD.map((name) => `declare -r __chaperone_usual_${name}=${quoteShell(env[name] ?? '')}\n`);
  return lines.join('');
}

function bashSettings({ port, secret, answerSecret }: Channel, login: boolean, lineFile: string): string {
  return `${HEADER}
declare -r __chaperone_port=${port} __chaperone_login=${login ? 'yes' : "''"}
declare -r __chaperone_secret=${quoteShell(secret)} __chaperone_answer=${quoteShell(answerSecret)}
declare -r __chaperone_counter='\\#' __chaperone_line=${quoteShell(lineFile)}
`;
}

function zshSettings({ port, socket, secret, answerSecret }: Channel, zdotdir: string): string {
  return `${HEADER}
typeset -gr __chaperone_port=${port} __chaperone_path=${quoteShell(socket)}
typeset -gr __chaperone_secret=${quoteShell(secret)} __chaperone_answer=${quoteShell(answerSecret)}
typeset -g __chaperone_user_zdotdir=${quoteShell(zdotdir)}
`;
}

/**
 * zsh reads .zshenv, .zprofile, .zshrc and .zlogin from ZDOTDIR. Ours read the user's, at top level so that
 * what they declare is global; the last of them puts the hooks in.
 */
function zshFiles(guard: string): Record<string, string> {
  const user = (name: string) => `__chaperone_enter
if [[ -r \${ZDOTDIR:-$HOME}/${name} ]]; then builtin source "\${ZDOTDIR:-$HOME}/${name}"; fi
__chaperone_leave
`;
  return {
    // A user's .zshenv may switch all further files off.
    '.zshenv': `${guard}\n${user('.zshenv')}if [[ ! -o rcs ]]; then __chaperone_install; fi\n`,
    '.zprofile': user('.zprofile'),
    '.zshrc': `${user('.zshrc')}if [[ ! -o login || ! -o rcs ]]; then __chaperone_install; fi\n`,
    '.zlogin': `${user('.zlogin')}__chaperone_install\n`,
  };
}

/** Beside this file in the source tree, and beside the bundle in the package. */
function hook(name: string): Promise<string> {
  return readFile(new URL(`./${name}`, import.meta.url), 'utf8');
}
