/** Agents' wrappers as process listings show them: what is fixed in them, and what some versions leave out. */

type Part = string | { maybe: string };

const SANDBOX = { maybe: 'builtin eval "$' + '{__CURSOR_SANDBOX_ENV_RESTORE:-}" 2>/dev/null; ' };
const DIRECTORY = { maybe: 'builtin export PWD="$(builtin pwd)"; ' };
const SUDO = { maybe: "alias sudo='sudo -A'; " };
const RUN: Part[] = ['builtin eval "$1"', { maybe: ' < /dev/null' }, '; }; '];
const after = (dump: string) => `COMMAND_EXIT_CODE=$?; ${dump} >&4; builtin exit $COMMAND_EXIT_CODE`;

export const CURSOR_BASH: Part[] = [
  'snap=$(command cat <&3) && builtin shopt -s extglob && builtin eval -- "$snap" && { ',
  { maybe: 'builtin set +u 2>/dev/null || true; ' },
  ...[SANDBOX, DIRECTORY, { maybe: 'builtin shopt -s expand_aliases 2>/dev/null; ' }, SUDO],
  ...[...RUN, after('dump_bash_state')],
];

export const CURSOR_ZSH: Part[] = [
  { maybe: 'builtin export PATH="/usr/bin:/bin:/usr/sbin:/sbin$' + '{PATH:+:$PATH}"; ' },
  "snap=$(command cat <&3); builtin unsetopt aliases 2>/dev/null; builtin unalias -m '*' 2>/dev/null || true; ",
  { maybe: 'builtin setopt extendedglob; ' },
  'builtin eval "$snap" && { ',
  { maybe: 'builtin unsetopt nounset 2>/dev/null || true; ' },
  ...[SANDBOX, DIRECTORY, { maybe: 'builtin setopt aliases 2>/dev/null; ' }, SUDO],
  ...[...RUN, after('dump_zsh_state')],
];

export const CLAUDE: Part[] = [
  { maybe: 'source /root/.claude/shell-snapshots/snapshot-bash-1-a.sh 2>/dev/null || true && ' },
  { maybe: 'shopt -u extglob 2>/dev/null || true && ' },
  {
    maybe:
      "{ \\builtin unalias -- 'unsetenv'; \\builtin unset -f -- 'unsetenv'; } >/dev/null 2>&1 || true && ",
  },
  String.raw`eval 'echo '\''it'\'''"'"'s'\'''`,
  { maybe: ' < /dev/null' },
  ' && pwd -P >| /tmp/claude-1a2b-cwd',
];

export const GEMINI: Part[] = [
  { maybe: 'shopt -u promptvars nullglob extglob nocaseglob dotglob; ' },
  '{ ls -l; }; __code=$?; pgrep -g 0 >/tmp/shell_pgrep_5a63468e1d38.tmp 2>&1; exit $__code',
  { maybe: ';' },
];

/** Every combination of what may be there. The last has all of it. */
export function variants(parts: readonly Part[]): string[] {
  return parts.reduce<string[]>(
    (texts, part) =>
      typeof part === 'string'
        ? texts.map((text) => text + part)
        : texts.concat(texts.map((text) => text + part.maybe)),
    [''],
  );
}

export function cursorBash(command: string, script = variants(CURSOR_BASH).at(-1)!): string[] {
  return ['bash', '-O', 'extglob', '-c', script, '--', command];
}

export function cursorZsh(command: string, script = variants(CURSOR_ZSH).at(-1)!): string[] {
  return ['zsh', '-o', 'extendedglob', '-c', script, '--', command];
}
