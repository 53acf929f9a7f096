/** Commands in programs of another language: what awk, sed, an editor, a database's client or a setting runs. */
import type { Found } from '../found.ts';
import { byName } from '../grammar/by-name.ts';
import { type Grammar, permuted, readOptions } from '../grammar/options.ts';
import type { Scope } from '../scope.ts';
import { literalWord, type Word } from '../words/fields.ts';
import { awkCommands, sedCommands } from './script-languages.ts';

/** Follows what is given in the words, or as text on standard input. */
export function followEmbedded(found: Found, program: string, words: readonly Word[], scope: Scope): void {
  const language = languageNamed(program);
  if (language === undefined) return;
  const inside = { ...scope, via: [...scope.via, program], depth: scope.depth + 1 };
  language.follow(words, { found, program, scope: inside });
}

interface Place {
  found: Found;
  program: string;
  scope: Scope;
}

interface Language {
  name: RegExp;
  follow(words: readonly Word[], at: Place): void;
}

const LANGUAGES: readonly Language[] = [
  { name: /^([gmn]|original-)?awk$/, follow: awk },
  { name: /^g?sed$/, follow: sed },
  { name: /^(g|n)?(vi|vim|view|vimdiff|ex|rvim|rview|vim\.\w+)$/, follow: editor },
  { name: /^(psql|mysql|mariadb|sqlite3?|duckdb)$/, follow: client },
  { name: /^git$/, follow: settings },
  { name: /^(g|b|p|re)?make$/, follow: make },
  { name: /^(ssh|scp|sftp|autossh|rsync|git)$/, follow: proxies },
  { name: /^zip$/, follow: tested },
  { name: /^(nc|ncat|netcat|socat|nc\.\w+)$/, follow: connected },
  { name: /^(apt|apt-get|aptitude|dpkg|yum|dnf)$/, follow: packages },
  {
    name: /^(ed|red|gdb|lldb|expect|emacs|less|more|man|s?ftp|lftp|telnet|node-gyp|bc|dc|m4|nano)$/,
    follow: escapes,
  },
];

const languageNamed = byName((program) => LANGUAGES.find(({ name }) => name.test(program)));

/** Code whose text is known is read; other code makes the line unknown. */
function run({ found, program, scope }: Place, code: string | null, text: string): void {
  if (code !== null) found.script(code, scope);
  else found.doubt('computed-code', `${program} runs what is not known`, text);
}

function runAll(at: Place, codes: readonly (string | null)[], text: string): void {
  for (const code of codes) run(at, code, text);
}

/** A word that is code of the language: what it runs, or that this is not known. */
function readCode(
  at: Place,
  word: Word | null | undefined,
  read: (code: string) => readonly (string | null)[],
): void {
  if (word === undefined || word === null) return;
  if (word.value === null) {
    at.found.runsOutputOf(word.sources, at.program);
    at.found.doubt('computed-code', `the code that ${at.program} runs is computed`, word.text);
  } else runAll(at, read(word.value), word.text);
}

function awk(words: readonly Word[], at: Place): void {
  const { flags, values, operand } = readOptions(words, {
    short: 'FfveilEW',
    long: ['field-separator', 'file', 'assign', 'source', 'include', 'load', 'exec'],
  });
  for (const name of ['-e', '--source']) readCode(at, values.get(name), awkCommands);
  for (const name of ['-l', '--load', '-E', '--exec', '-i', '--include'])
    if (values.get(name) && values.get(name)!.value !== 'inplace')
      at.found.doubt(
        'unreadable-script',
        `${at.program} runs a script whose text is not seen here`,
        at.program,
      );
  const file = values.get('-f') ?? values.get('--file');
  if (file && !isInput(file))
    at.found.doubt('unreadable-script', `${at.program} runs a script whose text is not seen here`, file.text);
  else if (file) readCode(at, inputOf(at), awkCommands);
  if (!file && !flags.has('-e') && !flags.has('--source')) readCode(at, words[operand], awkCommands);
}

function sed(words: readonly Word[], at: Place): void {
  const { flags, values, operand } = readAll(words, {
    short: 'efl',
    attached: 'i',
    long: ['expression', 'file', 'line-length'],
  });
  // In its sandbox it runs and writes nothing.
  if (flags.has('--sandbox')) return;
  for (const name of ['-e', '--expression'])
    for (const word of values.get(name) ?? []) readCode(at, word, sedCommands);
  for (const name of ['-f', '--file'])
    for (const word of values.get(name) ?? [])
      at.found.doubt('unreadable-script', 'sed runs a script whose text is not seen here', word.text);
  if (!['-e', '--expression', '-f', '--file'].some((name) => values.has(name)))
    readCode(at, words[operand], sedCommands);
}

/** `-c`, `+` and `--cmd` give commands of the editor; `!` in them one of a shell. */
/** In place of a start-up file: none. */
const BARE = /^(NONE|NORC|DEFAULTS)$/;

function editor(words: readonly Word[], at: Place): void {
  words.forEach(({ value }, place) => {
    const next = words[place + 1];
    if (/^-[a-zA-Z]*c$/.test(value ?? '') || value === '--cmd') readCode(at, next, exCommands);
    else if (value === '-u' && BARE.test(next?.value ?? '')) return;
    else if (value === '-S' || value === '-s' || value === '-u')
      at.found.doubt('unreadable-script', `${at.program} runs a script whose text is not seen here`, value);
    else if (value?.startsWith('+')) readCode(at, { ...words[place]!, value: value.slice(1) }, exCommands);
  });
  // Without a screen it reads its commands from the input.
  const silent = words.some(({ value }) => /^-(es|e|E|Es|s)$/.test(value ?? '')) || at.program === 'ex';
  if (
    silent &&
    (at.scope.input.kind === 'pipe' || at.scope.input.kind === 'here' || at.scope.input.kind === 'file')
  )
    readCode(at, inputOf(at), (text) => text.split('\n').flatMap(exCommands));
}

/** What of an editor's command line is known to run nothing. */
const HARMLESS_EX =
  /^[\s:]*(\d*|[\d%$,.' ]*(s|g|v|d|j|m|t|y|normal?)\b[^|!]*|se(t|tlocal)?\b[^|]*|(w|wq|q|qa|wqa|x|e|edit|sp|vs|n|b|colo\w*|syn\w*|filetype|noh\w*)!?( [^|!`]*)?|\/[^|]*)$/;

function exCommands(code: string): (string | null)[] {
  const shell =
    /^[\s:]*(?:[\d%$,.']*|silent!? |r(?:ead)?\s*|w(?:rite)?\s+|ter(?:minal)?\s+|exe\w*\s+["'])*!(.*)$/s.exec(
      code,
    );
  if (shell !== null) return [shell[1]!.replace(/["']\s*$/, '')];
  return HARMLESS_EX.test(code) ? [] : [null];
}

const CLIENT = {
  short: 'cdfhpUvUPSLoRFTue',
  long: ['command', 'execute', 'dbname', 'host', 'port', 'user', 'username', 'file', 'init-command'],
};

/** `\!` and `system` of a client, and what a server is told to start. */
function client(words: readonly Word[], at: Place): void {
  const { values } = readAll(words, CLIENT);
  const sqlite = /^(sqlite3?|duckdb)$/.test(at.program);
  const given = ['-c', '--command', '-e', '--execute', '-cmd', '--init-command'].flatMap(
    (name) => values.get(name) ?? [],
  );
  for (const word of words) {
    const [, pipe] = /^(?:-o|--output=?|--pager=?)?\s*\|\s*(.*)$/s.exec(word.value ?? '') ?? [];
    const [, pager] = /^--pager=(.+)$/s.exec(word.value ?? '') ?? [];
    if ((pipe ?? pager) !== undefined) run(at, (pipe ?? pager)!, word.text);
  }
  // sqlite takes its statements as operands.
  for (const word of sqlite ? words.slice(1) : given) readCode(at, word, clientCommands);
  if (values.has('-f') || values.has('--file') || words.some(({ value }) => value === '-init'))
    at.found.doubt('foreign-code', `${at.program} runs a script whose text is not seen here`, at.program);
  const { input } = at.scope;
  if (given.length > 0 || input.kind === 'inherited' || input.kind === 'empty') return;
  const text = at.found.textOf(input);
  if (text === null) at.found.doubt('foreign-code', `${at.program} runs what it reads`, at.program);
  else runAll(at, clientCommands(text), text);
}

function clientCommands(code: string): (string | null)[] {
  const found: (string | null)[] = [];
  for (const [, line] of code.matchAll(
    /(?:\\!|^\s*\.(?:sh|she|shel|shell|sy|sys|syst|syste|system)\s|^\s*(?:system|pager)\s)([^\n]*)/gm,
  ))
    found.push(line!);
  // A file's name may be a pipe to a command: `\o |sh`, `.output |sh`.
  for (const [, line] of code.matchAll(
    /(?:\\(?:o|g|copy\b[^\n]*\b(?:to|from) program|w)|^\s*\.(?:output|once|import)|^\s*(?:pager|tee))\s*[|']?\s*([^\n]*)/gim,
  ))
    if (/\||program|pager/i.test(line === undefined ? '' : code)) found.push(null);
  if (
    /\bprogram\s*'/i.test(code) ||
    /\b(load_extension|sys_exec|sys_eval|xp_cmdshell|lo_export|into\s+(out|dump)file)\b/i.test(code)
  )
    found.push(null);
  if (/`/.test(code) && /^\s*\\/m.test(code)) found.push(null);
  // A script that is not seen here, an editor, a setting that names a program.
  if (
    /^\s*(?:\\(?:i|ir|include|include_relative|e|edit|ef|ev|setenv)\b|\.(?:rea|read|loa|load|exc\w*|www)\b|source\s|\\\.|edit\b)/m.test(
      code,
    ) ||
    /\bedit\s*\(/i.test(code)
  )
    found.push(null);
  return found;
}

/** Settings of git whose value is a command; an alias is one where it starts with `!`. */
const GIT_RUNS =
  /^(core\.(pager|editor|sshcommand|askpass|fsmonitor|gitproxy|alternaterefscommand)|sequence\.editor|pager\..+|diff\.external|diff\..+\.(command|textconv)|(merge|filter|gpg|credential|difftool|mergetool|man|browser|remote|uploadpack|sendemail|trailer|interactive|tar)\..*(driver|smtpserver|clean|smudge|process|program|helper|cmd|command|path|packobjectshook|smtpserver|difffilter|uploadpack|receivepack|vcs))$/i;
const GIT_LOADS =
  /^(core\.hookspath|include\.path|includeif\..+|init\.templatedir|protocol\..*allow|url\..+insteadof|core\.worktree)$/i;

function settings(words: readonly Word[], at: Place): void {
  for (const [place, { value }] of words.entries()) {
    if (value === '-c') readCode(at, words[place + 1], gitSetting);
    else if (/^-c.+=/.test(value ?? ''))
      readCode(at, { ...words[place]!, value: value!.slice(2) }, gitSetting);
    else if (value === 'config') {
      const [name, ...rest] = configured(words.slice(place + 1));
      if (name?.value != null && rest[0] !== undefined)
        readCode(
          at,
          { ...rest[0], value: rest[0].value === null ? null : `${name.value}=${rest[0].value}` },
          gitSetting,
        );
    } else if (value !== null && /^(--exec-path=|--config-env)/.test(value)) run(at, null, value);
    // The transport `ext::` is a command.
    else if (value?.startsWith('ext::')) run(at, value.slice(5), value);
  }
}

/** The operands of `git config`. */
function configured(words: readonly Word[]): readonly Word[] {
  const options = { short: 'ft', long: ['file', 'type', 'blob', 'default', 'comment', 'value'] };
  const [program, ...rest] = permuted([literalWord('config'), ...words], options);
  const operands = rest.slice(rest.findIndex(({ value }) => value === '--') + 1);
  return program && operands[0]?.value === 'set' ? operands.slice(1) : operands;
}

function gitSetting(setting: string): (string | null)[] {
  const equals = setting.indexOf('=');
  const name = equals < 0 ? setting : setting.slice(0, equals);
  const value = equals < 0 ? '' : setting.slice(equals + 1);
  if (/^alias\./i.test(name)) return [value.startsWith('!') ? value.slice(1) : `git ${value}`];
  if (GIT_LOADS.test(name)) return [null];
  if (!GIT_RUNS.test(name) || /^(true|false|\d+|)$/.test(value)) return [];
  // A helper without a path is a program of git's own, by another name.
  if (/helper$/i.test(name))
    return value.startsWith('!') ? [value.slice(1)] : value.startsWith('/') ? [value] : [];
  return [value];
}

/** Another shell for its recipes, a recipe in an argument, or one that is read from the input. */
function make(words: readonly Word[], at: Place): void {
  const { values } = readAll(words, {
    short: 'CfIjloWE',
    long: ['directory', 'file', 'makefile', 'eval', 'include-dir'],
  });
  for (const word of [...(values.get('--eval') ?? []), ...(values.get('-E') ?? [])]) run(at, null, word.text);
  for (const { value, text } of words) {
    const [, name] = /^(SHELL|\.SHELLFLAGS|MAKEFLAGS|MAKE)\s*:?=/.exec(value ?? '') ?? [];
    if (name !== undefined) run(at, null, text);
    // A value with a call of make's own in it is run.
    else if (value !== null && /^[\w.]+\s*[:+?!]?=/.test(value) && /\$[({]\s*shell|!=|`|\$\(/.test(value))
      run(at, null, text);
  }
  for (const name of ['-f', '--file', '--makefile']) {
    for (const word of values.get(name) ?? []) {
      if (word.sources.length > 0)
        at.found.doubt('unreadable-script', 'make runs what a command prints', word.text);
      if (!isInput(word)) continue;
      at.found.runsInput(at.scope.input, at.program);
      at.found.doubt('code-on-stdin', 'make runs what it reads', word.text);
    }
  }
}

/** Options of ssh that name a command; scp and sftp take them as well. */
function proxies(words: readonly Word[], at: Place): void {
  for (const [place, { value }] of words.entries()) {
    const option =
      value === '-o'
        ? words[place + 1]
        : value?.startsWith('-o')
          ? { ...words[place]!, value: value.slice(2) }
          : undefined;
    readCode(at, option, (text) => {
      const [, , command] =
        /^\s*(ProxyCommand|LocalCommand|KnownHostsCommand|RemoteCommand)[\s=]+(.*)$/is.exec(text) ?? [];
      if (/^\s*(Include|PKCS11Provider|SecurityKeyProvider)[\s=]/i.test(text)) return [null];
      return command === undefined || command === 'none' ? [] : [command.replaceAll(/%[a-zA-Z]/g, 'x')];
    });
  }
  if (at.program !== 'scp' && at.program !== 'sftp') return;
  const program = readOptions(words, { short: 'cFiJlDoPSBR' }).values.get('-S');
  readCode(at, program, (text) => [text]);
}

/** `zip -TT command` tries the archive with it. */
function tested(words: readonly Word[], at: Place): void {
  words.forEach(({ value }, place) => {
    if (value === '-TT') readCode(at, words[place + 1], (text) => [text]);
    else if (value?.startsWith('-TT'))
      readCode(at, { ...words[place]!, value: value.slice(3) }, (text) => [text]);
  });
}

/** A program at the other end of a connection. */
function connected(words: readonly Word[], at: Place): void {
  if (at.program === 'socat') {
    for (const word of words.slice(1))
      readCode(at, word, (text) => {
        const [, command] = /^(?:EXEC|SYSTEM|SHELL):(.*?)(?:,[\w-]+(?:=[^,]*)?)*$/is.exec(text) ?? [];
        return command === undefined ? [] : [command.replace(/^["']|["']$/g, '')];
      });
    return;
  }
  const { values } = readAll(words, { short: 'ecipqwsgGIOTXxmo', long: ['exec', 'sh-exec', 'lua-exec'] });
  for (const name of ['-e', '-c', '--exec', '--sh-exec', '--lua-exec'])
    for (const word of values.get(name) ?? []) readCode(at, word, (text) => [text]);
}

/** Hooks of package managers, given as settings. */
function packages(words: readonly Word[], at: Place): void {
  for (const { value, text } of words) {
    const [, command] =
      /(?:Pre-Invoke|Post-Invoke|Post-Invoke-Success|Pre-Install-Pkgs|NotifyScript|--(?:pre|post)-invoke|--status-logger)[^=]*=(.*)$/is.exec(
        value ?? '',
      ) ?? [];
    if (command !== undefined) run(at, command.replace(/^["']|["'];?$/g, ''), text);
  }
}

/** Tools with an escape to a shell: in a word that has one, and in a text that they read. */
function escapes(words: readonly Word[], at: Place): void {
  for (const word of words.slice(1)) {
    const { value, text } = word;
    const [, code] = /^(?:\+?\s*!|shell\s+|\.?\s*!)(.*)$/s.exec(value ?? '') ?? [];
    const [, pager] =
      (at.program === 'man' ? /^(?:--pager=|-P|--html=|-H)(.+)$/s : /^--speller=(.+)$/s).exec(value ?? '') ??
      [];
    if (code !== undefined) run(at, code, text);
    else if (pager !== undefined) run(at, pager, text);
    else if (
      /^(--pager=?|-P|-s|--speller|-o|--one-line|-ex|--eval(-command)?=?|-eval|--eval=.*|-e|-c|--load|-l|--init-command.*|-x|--command.*|-batch)$/.test(
        value ?? '',
      ) &&
      at.program !== 'less' &&
      at.program !== 'more'
    ) {
      const next = words[words.indexOf(word) + 1];
      const shell = /^\s*(?:shell|platform shell|!)\s*(.*)$/s.exec(next?.value ?? '');
      if (/^(man|nano)$/.test(at.program)) readCode(at, next, (pager) => [pager]);
      else run(at, shell?.[1] ?? null, text);
    }
  }
  const { input } = at.scope;
  if (
    input.kind === 'inherited' ||
    input.kind === 'empty' ||
    !/^(ed|red|gdb|lldb|expect|s?ftp|lftp|bc|dc|m4)$/.test(at.program)
  )
    return;
  const text = at.found.textOf(input);
  if (text === null) at.found.doubt('foreign-code', `${at.program} runs what it reads`, at.program);
  else
    for (const line of text.split('\n')) {
      const [, code] = /^\s*[\d%$,.]*(?:[rwe]\s*)?(?:!|shell\s|syscmd\(|esyscmd\()(.*?)\)?$/.exec(line) ?? [];
      if (code !== undefined) run(at, code, line);
      else if (at.program === 'expect') run(at, null, line);
    }
}

function isInput({ value }: Word): boolean {
  return value === '-' || value === '/dev/stdin' || value === '/dev/fd/0';
}

/** What the program reads, as a word of its own. */
function inputOf({ found, scope }: Place): Word {
  const { input } = scope;
  const sources = input.kind === 'pipe' || input.kind === 'here' ? input.from : [];
  const value = found.textOf(input);
  return { value, pattern: '**', glob: false, splits: false, sources, text: value ?? 'standard input' };
}

interface AllOptions {
  flags: ReadonlySet<string>;
  /** Each with all its arguments. */
  values: ReadonlyMap<string, readonly Word[]>;
  /** Index of the first operand. */
  operand: number;
}

/** All options, also those behind operands. */
function readAll(words: readonly Word[], grammar: Grammar): AllOptions {
  const flags = new Set<string>();
  const values = new Map<string, Word[]>();
  let operand = -1;
  for (let at = 1; at < words.length; at++) {
    const word = words[at]!;
    if (word.value === null || !/^-./.test(word.value)) {
      if (operand < 0) operand = at;
      continue;
    }
    if (word.value === '--') {
      if (operand < 0) operand = at + 1;
      break;
    }
    const one = readOptions([words[0]!, word], grammar);
    for (const flag of one.flags) flags.add(flag);
    for (const [name, given] of one.values) {
      const value = given ?? words[++at];
      if (value === undefined) continue;
      const before = values.get(name);
      if (before === undefined) values.set(name, [value]);
      else before.push(value);
    }
  }
  return { flags, values, operand: operand < 0 ? words.length : operand };
}
