/** What a command is able to do, told from its program. */
import type { Capability } from '../action.ts';
import type { Word } from './words/fields.ts';

const PROGRAMS: ReadonlyMap<string, readonly Capability[]> = new Map<string, readonly Capability[]>([
  ...list('privilege', ['sudo', 'doas', 'su', 'pkexec', 'runuser', 'sudoedit', 'sg']),
  ...list('network-fetch', [
    'curl',
    'wget',
    'wget2',
    'aria2c',
    'http',
    'https',
    'xh',
    'curlie',
    'fetch',
    'lynx',
    'links',
    'elinks',
    'w3m',
    'lwp-request',
    'GET',
    'nc',
    'ncat',
    'netcat',
    'socat',
    'ftp',
    'tftp',
    'axel',
    'telnet',
    'ssh',
  ]),
  ...list('deletes', ['rm', 'rmdir', 'unlink', 'shred', 'srm', 'wipe']),
]);

function list(capability: Capability, programs: string[]): [string, Capability[]][] {
  return programs.map((program) => [program, [capability]]);
}

export function capabilitiesOf(program: string, words: readonly Word[]): Capability[] {
  const found: Capability[] = [...(PROGRAMS.get(program) ?? [])];
  if (program === 'find' && words.some((word) => word.value === '-delete')) found.push('deletes');
  if (lasts(program, words)) found.push('persistence');
  if (tellsCredential(program, words)) found.push('credential-read');
  return found;
}

/** Programs that arrange for something to run later, unless their options say that they only list or take away. */
const SCHEDULERS: ReadonlyMap<string, RegExp> = new Map([
  ['crontab', /^-[a-z]*[lrT]$/],
  ['at', /^-[a-zA-Z]*[lrdcV]/],
  ['batch', /^-[a-zA-Z]*[lrdcV]/],
]);

/** What of a service manager makes a thing start by itself. */
const ENABLES: ReadonlyMap<string, RegExp> = new Map([
  ['systemctl', /^(enable|reenable|link|edit|preset|preset-all|add-wants|add-requires|set-default)$/],
  ['update-rc.d', /^(defaults|enable)$/],
  ['chkconfig', /^(on|--add)$/],
  ['rc-update', /^(add|-a)$/],
  ['launchctl', /^(load|bootstrap|enable|submit)$/],
  ['pm2', /^startup$/],
]);

function lasts(program: string, words: readonly Word[]): boolean {
  const harmless = SCHEDULERS.get(program);
  if (harmless !== undefined) return !words.some(({ value }) => harmless.test(value ?? ''));
  const enables = ENABLES.get(program);
  if (enables !== undefined) return words.some(({ value }) => value !== null && enables.test(value));
  if (program === 'git') return configures(words);
  // `on-calendar` and its like: a timer, not a start.
  return program === 'systemd-run' && words.some(({ value }) => /^--(on-|timer)/.test(value ?? ''));
}

/** Settings of git that name a command to run, or another file of settings. */
const RUNS =
  /^(alias\..*|core\.(hookspath|fsmonitor|sshcommand|pager|editor|askpass|gitproxy|alternaterefscommand)|(sequence|diff|merge|credential|filter|gpg|include|includeif|init|pager|browser|man|remote|url|protocol|uploadpack|sendemail|trailer|difftool|mergetool)\..*(helper|cmd|command|textconv|external|driver|clean|smudge|process|program|path|templatedir|editor|insteadof|allow|hook|pack|vcs))$/i;

/** `git config name value` for a name of these. */
function configures(words: readonly Word[]): boolean {
  const place = words.findIndex(({ value }) => value === 'config');
  if (place < 0) return false;
  const operands = words.slice(place + 1).filter(({ value }) => !value?.startsWith('-') && value !== 'set');
  const [name, value] = operands;
  return value !== undefined && (name!.value === null || RUNS.test(name!.value));
}

/** Subcommands that print a password, a key or a token. */
const TELLERS: ReadonlyMap<string, RegExp> = new Map([
  ['git', /^credential(-\w+)? (fill|get)\b/],
  ['kubectl', /^config view .*--raw|^config view --raw|^create token\b/],
  ['aws', /^configure (get|export-credentials)\b|^sts get-session-token\b|^ecr get-login-password\b/],
  ['gcloud', /^auth (application-default )?print-(access|identity)-token\b/],
  ['az', /^account get-access-token\b/],
  ['gh', /^auth token\b/],
  ['glab', /^auth token\b/],
  ['pass', /^(show )?[\w/.@-]+$/],
  ['op', /^(read|item get)\b/],
  ['secret-tool', /^lookup\b/],
  ['security', /^find-(generic|internet)-password\b/],
  ['vault', /^(print token|token lookup|read|kv get)\b/],
  ['gpg', /--export-secret-(sub)?keys/],
]);

function tellsCredential(program: string, words: readonly Word[]): boolean {
  if (/^docker-credential-/.test(program)) return words[1]?.value === 'get';
  const tells = TELLERS.get(program);
  return (
    tells?.test(
      words
        .slice(1)
        .flatMap(({ value }) => value ?? [])
        .join(' '),
    ) ?? false
  );
}
