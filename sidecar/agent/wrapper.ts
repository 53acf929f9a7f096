/**
 * What coding agents put around the command that they run, and the command in it. Recognised exactly: what only looks like
 * one is a command line as any other. Pure.
 *
 *     bash -O extglob -c 'snap=$(command cat <&3) && … builtin eval "$1" …; dump_bash_state >&4; …' -- 'COMMAND'    Cursor
 *     bash -c 'source …/.claude/shell-snapshots/snapshot-… && eval 'COMMAND' < /dev/null && pwd -P >| …'            Claude Code
 *     bash -c '{ COMMAND; }; __code=$?; pgrep -g 0 >/tmp/… 2>&1; exit $__code;'                                     Gemini CLI
 *
 * Codex has none: its `bash -lc COMMAND` is read as it stands.
 */
import { quoteShell } from '../command/words/quote.ts';

export type Agent = 'cursor' | 'claude' | 'gemini';

export interface Wrapped {
  agent: Agent;
  /** What the agent wants to be run. */
  command: string;
  /** The same wrapper, around a command that says why in place of what was to be run: its own protocol goes on. */
  refusing(reason: string): string[];
  /**
   * The same wrapper, with variables set just in front of the command: where it brings back what former commands have
   * exported, and with it the variables of their sessions.
   */
  exporting?(variables: Readonly<Record<string, string>>): string[];
}

/** @param argv with the shell itself as its first word */
export function unwrapped(argv: readonly string[]): Wrapped | null {
  return cursor(argv) ?? claude(argv) ?? gemini(argv);
}

/** A text of fixed and optional parts, in this order, as an expression of exactly that. */
function exactly(...parts: (string | { maybe: string })[]): string {
  return parts
    .map((part) => (typeof part === 'string' ? literally(part) : `(?:${literally(part.maybe)})?`))
    .join('');
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

const SANDBOX = { maybe: `builtin eval "\${__CURSOR_SANDBOX_ENV_RESTORE:-}" 2>/dev/null; ` };
const DIRECTORY = { maybe: 'builtin export PWD="$(builtin pwd)"; ' };
const SUDO = { maybe: "alias sudo='sudo -A'; " };
const RUN = exactly('builtin eval "$1"', { maybe: ' < /dev/null' }, '; }; ');
const AFTER = (dump: string) => exactly(`COMMAND_EXIT_CODE=$?; ${dump} >&4; builtin exit $COMMAND_EXIT_CODE`);

/** In front of the command, and from it on. */
const CURSOR_BASH = new RegExp(
  `^(${exactly(
    'snap=$(command cat <&3) && builtin shopt -s extglob && builtin eval -- "$snap" && { ',
    { maybe: 'builtin set +u 2>/dev/null || true; ' },
    SANDBOX,
    DIRECTORY,
    { maybe: 'builtin shopt -s expand_aliases 2>/dev/null; ' },
    SUDO,
  )})(${RUN}${AFTER('dump_bash_state')})$`,
);

const CURSOR_ZSH = new RegExp(
  `^(${exactly(
    { maybe: `builtin export PATH="/usr/bin:/bin:/usr/sbin:/sbin\${PATH:+:$PATH}"; ` },
    "snap=$(command cat <&3); builtin unsetopt aliases 2>/dev/null; builtin unalias -m '*' 2>/dev/null || true; ",
    { maybe: 'builtin setopt extendedglob; ' },
    'builtin eval "$snap" && { ',
    { maybe: 'builtin unsetopt nounset 2>/dev/null || true; ' },
    SANDBOX,
    DIRECTORY,
    { maybe: 'builtin setopt aliases 2>/dev/null; ' },
    SUDO,
  )})(${RUN}${AFTER('dump_zsh_state')})$`,
);

/** The command is the last argument; the snapshot that is read first brings back what former commands have exported. */
function cursor(argv: readonly string[]): Wrapped | null {
  const [options, script, end, command, more] = behindOptions(argv);
  if (script === undefined || end !== '--' || command === undefined || more !== undefined) return null;
  const form = { '-O extglob': CURSOR_BASH, '-o extendedglob': CURSOR_ZSH, '': CURSOR_ZSH }[options];
  const parts = form?.exec(script);
  if (!parts) return null;
  const [, front = '', rest = ''] = parts;
  const head = argv.slice(0, argv.length - 3);
  return {
    agent: 'cursor',
    command,
    refusing: (reason) => [...head, script, '--', refusal(reason)],
    exporting: (variables) => [...head, `${front}${exports(variables)}${rest}`, '--', command],
  };
}

type Options = '-O extglob' | '-o extendedglob' | '';

/** The options in front of `-c`, and what stands behind it. */
function behindOptions(argv: readonly string[]): [Options, ...(string | undefined)[]] {
  const [, first, second, third] = argv;
  if (first === '-c') return ['', ...argv.slice(2)];
  const options = `${first} ${second}`;
  if (third !== '-c' || (options !== '-O extglob' && options !== '-o extendedglob')) return [''];
  return [options, ...argv.slice(4)];
}

/** Segments of a path that leads nowhere else. */
const FOLDERS = String.raw`(?:/(?!\.\.?/)[\w.@+-]+)*`;
/** One word in quotes, as a program quotes it. */
const QUOTED = String.raw`'(?:[^']|'\\''|'"'"')*'|"(?:[^"\\$\x60!]|\\["\\$\x60])*"`;

const CLAUDE = new RegExp(
  [
    '^(',
    String.raw`(?:source ${FOLDERS}/\.claude/shell-snapshots/snapshot-(?:bash|zsh)-[\w-]+\.sh(?: 2>/dev/null \|\| true)? && )?`,
    String.raw`(?:(?:shopt -u extglob|setopt NO_EXTENDED_GLOB(?: NO_BARE_GLOB_QUAL)?) 2>/dev/null \|\| true && )?`,
    `(?:${literally(String.raw`{ \builtin unalias -- 'unsetenv'; \builtin unset -f -- 'unsetenv'; } >/dev/null 2>&1 || true && `)})?`,
    `)eval (${QUOTED})(`,
    String.raw`(?: \\?< /dev/null)? && pwd -P >\| ${FOLDERS}/claude-[0-9a-z]+-cwd)$`,
  ].join(''),
);

function claude(argv: readonly string[]): Wrapped | null {
  const script = argv.at(-1) ?? '';
  const options = argv.slice(1, -1).join(' ');
  if (!/^(-c|-c -l|-l -c|-lc)$/.test(options)) return null;
  const [, front, word, rest] = CLAUDE.exec(script) ?? [];
  if (front === undefined || word === undefined || rest === undefined) return null;
  const head = argv.slice(0, -1);
  return {
    agent: 'claude',
    command: unquoted(word),
    refusing: (reason) => [...head, `${front}eval ${quoteShell(refusal(reason))}${rest}`],
  };
}

function unquoted(word: string): string {
  const inner = word.slice(1, -1);
  return word.startsWith("'")
    ? inner.replaceAll(/'\\''|'"'"'/g, "'")
    : inner.replaceAll(/\\(["\\$`])/g, '$1');
}

const GEMINI =
  /^((?:shopt -u promptvars nullglob extglob nocaseglob dotglob; )?\{ )([\s\S]*?)(;?)( \}; __code=\$\?; pgrep -g 0 >(?:\/(?!\.\.?\/)[\w.@+-]+)*\/shell_pgrep_[0-9a-f]+\.tmp 2>&1; exit \$__code;?)$/;

function gemini(argv: readonly string[]): Wrapped | null {
  const [, option, script, more] = argv;
  if (option !== '-c' || script === undefined || more !== undefined) return null;
  const [, front, command, , rest] = GEMINI.exec(script) ?? [];
  if (front === undefined || command === undefined || rest === undefined) return null;
  return {
    agent: 'gemini',
    command,
    refusing: (reason) => [argv[0]!, '-c', `${front}${refusal(reason)};${rest}`],
  };
}

function exports(variables: Readonly<Record<string, string>>): string {
  const words = Object.entries(variables).map(([name, value]) => `${name}=${quoteShell(value)}`);
  return words.length === 0 ? '' : `builtin export ${words.join(' ')}; `;
}

function refusal(reason: string): string {
  return `builtin printf '%s\\n' ${quoteShell(reason)} >&2; ( builtin exit 126 )`;
}
