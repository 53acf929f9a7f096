/** One simple command with decoded words: entered, and what it runs in its turn followed. */
import type { Assigned, Redirection, Touch } from '../action.ts';
import { basename, plainPath, quoteGlob, resolvePath } from '../match/path.ts';
import { BUILTINS, followBuiltin } from './builtins.ts';
import { capabilitiesOf } from './capabilities.ts';
import { CARRIERS } from './carriers.ts';
import { consequencesOf } from './consequences.ts';
import { followEmbedded } from './embedded.ts';
import type { Word } from './fields.ts';
import { findCommands } from './find.ts';
import type { Found } from './found.ts';
import { heldBySearch, heldByVariables, heldByWords } from './held.ts';
import { argument, followExecuted, followInterpreter, followShell } from './interpreter.ts';
import { LIMITS, LimitReached } from './limits.ts';
import { hasLookAlike } from './look-alike.ts';
import { type Options, permuted, readOptions } from './options.ts';
import { PRINTS, printed } from './output.ts';
import { changed, isJudged, type Scope, SOMEWHERE } from './scope.ts';
import { fileNamed } from './script-file.ts';
import { shellNamed } from './shells.ts';
import { fileOf, otherNames, standingOf } from './standing.ts';
import { socketHosts } from './tools/network/sockets.ts';
import { useOf } from './tools/tools.ts';
import { everywhere, touchesOf } from './touches.ts';
import type { Wrapper } from './wrapper.ts';
import { WRAPPERS, wrapperNamed } from './wrappers.ts';
import { appended } from './xargs.ts';

export interface Call {
  words: readonly Word[];
  env: Assigned[];
  redirections: Redirection[];
  /** What the redirections touch. */
  touches: Touch[];
  text: string;
  /** Its name is the path of what it really is. */
  resolved?: true;
}

export function invoke(found: Found, call: Call, scope: Scope): void {
  if (scope.depth > LIMITS.depth) throw new LimitReached('depth');
  const { words } = call;
  const name = words[0];
  const program = name === undefined ? '' : name.glob || name.value === null ? null : programOf(name.value);
  const use = program
    ? useOf(program, { words, stdin: found.textOf(scope.input), affords: (work) => found.affords(work) })
    : {};
  const touches = program
    ? [...call.touches, ...everywhere(scope, (place) => touchesOf(program, words, place))]
    : call.touches;
  const file = program ? fileOf(found, program, call, scope) : null;
  const path = file === null ? null : (scope.files?.follow(file, true) ?? null);
  const place = found.enter(
    {
      program,
      ...(path !== null && { path }),
      argv: words.map((word) => word.value),
      openEnded: words.some((word) => word.splits),
      env: call.env,
      redirections: call.redirections,
      touches,
      capabilities: [
        ...(program ? capabilitiesOf(program, words) : []),
        ...(use.capabilities ?? []),
        ...consequencesOf(touches, found.places),
      ],
      requests: [...(use.requests ?? [])],
      hosts: [...new Set([...(use.hosts ?? []), ...socketHosts(call.touches)])],
      text: call.text,
    },
    scope,
  );
  origins(found, program, call, { scope, touches });
  if (program === null) computed(found, call, scope);
  else if (program !== '') follow(found, program, call, { scope, place });
  if (program && file !== null && !call.resolved) disguised(found, program, file, { call, scope, place });
  if (program !== '' && !UNREAD.has(program ?? '')) found.read.add(scope.input);
}

/** What stands under a name that the line itself has given, or that the kernel gives to another program. */
function origins(
  found: Found,
  program: string | null,
  { words, text }: Call,
  { scope, touches }: { scope: Scope; touches: readonly Touch[] },
): void {
  const name = words[0]?.value ?? '';
  const path = name.includes('/') ? resolvePath(scope.cwd, words[0]!.pattern) : null;
  if (
    path !== null &&
    (/^\/(proc\/.*\/exe|proc\/.*\/fd\/.*|dev\/fd\/.*)$/.test(path) || found.made.covers(path))
  )
    found.doubt(
      'computed-command',
      'the program is one that the line itself made, or another by this name',
      text,
    );
  else if (path === null && program && found.made.names(program))
    found.doubt('computed-command', 'the line itself made a program of this name', text);
  if (hasLookAlike(name))
    found.doubt('computed-command', 'the name of the program is not in plain letters', text);
  const follows = touches.find((touch) => touch.role !== 'reads' && found.made.leads(touch.path));
  if (follows !== undefined && program !== 'ln')
    found.doubt('computed-argument', 'a path leads through a link that the line made', text);
  found.made.note(program, touches);
}

/** What its file says of it: that it is another program, or a script. */
function disguised(
  found: Found,
  program: string,
  file: string,
  { call, scope, place }: Site & { place: number },
): void {
  const standing = standingOf(file, call.words, scope);
  switch (standing.kind) {
    case 'named':
      return;
    case 'known':
      for (const words of otherNames(program, standing.paths, call.words)) {
        const inside = { ...scope, via: [...scope.via, program], depth: scope.depth + 1 };
        const { env, text } = call;
        invoke(found, { words, env, redirections: [], touches: [], text, resolved: true }, inside);
      }
      return;
    case 'script':
      if (shellNamed(standing.shell) !== null)
        followExecuted(found, standing.shell, file, { call, scope, place });
      return;
    case 'hidden':
      found.doubt('computed-command', `what ${program} is cannot be looked at`, call.text);
  }
}

/** Builtins that leave the standard input alone. */
const UNREAD = new Set([':', 'true', 'false', 'cd', 'echo', 'printf', 'export', 'set', 'umask', 'test', '[']);

/**
 * zsh finds `=ls` on PATH, as `ls`, has `zf_rm` for `rm` itself, and reads `&!` as one sign, so that `&!ls` runs `ls`:
 * to other shells nobody has such programs.
 */
function programOf(word: string): string {
  const name = basename(word.replace(/^[=!](?=[^=])/, '')).replace(/^zf_(?=.)/, '');
  // Where another program took its name, as `dpkg-divert` does.
  return name.replace(/(?<=.)\.(distrib|real)$/, '');
}

/** True of programs whose work is followed: by another meaning of the name what was concluded from it falls. */
export function isFollowed(program: string): boolean {
  return (
    wrapperNamed(program) !== undefined ||
    CARRIERS.has(program) ||
    shellNamed(program) !== null ||
    program === 'find' ||
    BUILTINS.has(program) ||
    PRINTS.has(program)
  );
}

/** They keep what they read for a shell that runs it later. */
const AT = new Set(['at', 'batch']);

/** Follows what `program` runs: its place among the commands is known, its words are decoded. */
function follow(found: Found, program: string, call: Call, at: { scope: Scope; place: number }): void {
  const { scope, place } = at;
  const definition = found.definitions.get(program);
  if (definition !== undefined && changed(definition, scope))
    found.doubt(
      'computed-argument',
      `${program} runs where other things hold than where it is defined`,
      call.text,
    );
  carried(found, program, { call, scope });
  followEmbedded(found, program, call.words, scope);
  const wrapper = wrapperNamed(program);
  const { needs } = wrapper ?? {};
  if (
    wrapper !== undefined &&
    (needs === undefined || call.words.some(({ value }) => value?.startsWith(needs)))
  ) {
    unwrap(found, program, wrapper, { call, scope });
    return;
  }
  const shell = shellNamed(program);
  if (shell !== null) {
    followShell(found, shell, call.words, at);
    return;
  }
  if (AT.has(program) && !call.words.some(({ value }) => /^-[a-zA-Z]*[lrdcfV]/.test(value ?? ''))) {
    followShell(found, program, call.words.slice(0, 1), at);
    return;
  }
  if (program === 'find') {
    followFind(found, call, at);
    return;
  }
  if (followInterpreter(found, program, call.words, at)) return;
  heldByWords(found, program, call.words, scope);
  followBuiltin(found, program, call, scope);
  const output = printed(program, call.words, found.textOf(scope.input));
  if (output !== null) found.outputs.set(place, output);
  noteContent(found, program, call, { scope, output });
}

/** What a command leaves in a file where that is known: `printf … > FILE`, `cat > FILE <<E`, `tee FILE`. */
function noteContent(
  found: Found,
  program: string,
  { words, redirections, touches }: Call,
  { scope, output }: { scope: Scope; output: string | null },
): void {
  const [only, ...more] = redirections.filter(({ operator }) => operator.includes('>'));
  const path = plainPath(touches.find(({ role }) => role === 'writes')?.path ?? '**');
  if (only !== undefined && more.length === 0 && path !== null && output !== null) {
    const isOutput = /^>\|?$/.test(only.operator) && (only.fd === null || only.fd === 1);
    if (isOutput) found.made.wrote(path, output);
  }
  const [, operand, ...others] = words;
  const text = program === 'tee' && others.length === 0 ? found.textOf(scope.input) : null;
  const target = operand === undefined || text === null ? null : fileNamed(operand, scope);
  if (target !== null && text !== null && !operand!.value!.startsWith('-')) found.made.wrote(target, text);
}

/** What it runs is run for all that it finds: that is, for everything below where nothing narrows the search. */
function followFind(found: Found, call: Call, { scope }: { scope: Scope }): void {
  const { runs, whole } = findCommands(call.words, scope);
  for (const { words, inPlace } of runs) {
    const from = found.commands.length;
    inner(found, 'find', words, {
      call,
      scope: inPlace ? { ...scope, cwd: SOMEWHERE, elsewhere: [] } : scope,
    });
    for (const { touches } of found.commands.slice(from)) {
      for (const touch of touches) if (touch.path === whole && touch.role !== 'reads') touch.recursive = true;
    }
  }
}

/** The command word is an expansion. What follows it may be the command (`$SUDO rm …`): look at it as well. */
function computed(found: Found, call: Call, scope: Scope): void {
  found.doubt('computed-command', 'the command word is computed', call.text);
  // `$(curl …)`: what is printed is run.
  found.runsOutputOf(call.words[0]!.sources, 'eval');
  const rest = call.words.slice(1);
  if (rest[0]?.value !== null && rest[0] !== undefined && !rest[0].value.startsWith('-')) {
    inner(found, '?', rest, { call, scope });
  }
}

/** A call and where it is made. */
interface Site {
  call: Call;
  scope: Scope;
}

/** What a tool of many commands runs. */
function carried(found: Found, program: string, at: Site): void {
  const carrier = CARRIERS.get(program);
  if (carrier === undefined) return;
  const { words } = at.call;
  const { operand } = readOptions(words, carrier);
  const [first, second] = [words[operand]?.value, words[operand + 1]?.value];
  for (const [name, length] of [
    [`${first} ${second}`, 2],
    [first ?? '', 1],
    ['', 0],
  ] as const) {
    const wrapper = Object.hasOwn(carrier.commands, name) ? carrier.commands[name] : undefined;
    if (wrapper === undefined) continue;
    // The words of its command stand for its name.
    const from = length === 0 ? 1 : operand + length;
    const call = { ...at.call, words: [words[0]!, ...words.slice(from)] };
    unwrap(found, program, wrapper, { call, scope: at.scope });
    return;
  }
}

/** Options that stand behind operands as well; of an option that stands twice the last. */
function allOptions(words: readonly Word[], wrapper: Wrapper): Options {
  const all = readOptions(words, wrapper);
  for (let start = all.operand; start < words.length; ) {
    const more = readOptions(words, wrapper, start + 1);
    for (const flag of more.flags) all.flags.add(flag);
    for (const [name, value] of more.values)
      if (value !== null || !all.values.has(name)) all.values.set(name, value);
    start = Math.max(start + 1, more.operand);
  }
  return all;
}

/** The operands after the first few, which may stand behind options and `--`. */
function anyPlace(words: readonly Word[], wrapper: Wrapper): number {
  let left = wrapper.operands ?? 0;
  let start = 1;
  while (left > 0) {
    const dash = words[start]?.value === '--';
    const { operand } = readOptions(words, wrapper, start);
    if (operand >= words.length) return operand;
    start = operand + 1;
    left--;
    if (dash) return start;
  }
  return readOptions(words, wrapper, start).operand;
}

function unwrap(found: Found, program: string, wrapper: Wrapper, at: Site): void {
  const words = wrapper.permutes ? permuted(at.call.words, wrapper) : at.call.words;
  const options = wrapper.bare ? allOptions(words, wrapper) : readOptions(words, wrapper);
  for (const { value, pattern } of words) {
    if (value === null && wrapper.code?.some((flag) => pattern.startsWith(`${flag}=`)))
      found.doubt('computed-code', `the code that ${program} runs is computed`, at.call.text);
  }
  if (wrapper.opaque && (words.length > options.operand || at.scope.input.kind !== 'inherited'))
    found.doubt('computed-code', `${program} keeps code for later`, at.call.text);
  if (wrapper.inert?.some((flag) => options.flags.has(flag))) return;
  let start = options.operand;
  if (options.uncertain && options.operand < words.length && words[start]!.splits && !wrapper.bare)
    found.doubt('computed-argument', `an option of ${program} is computed`, at.call.text);
  if (program === 'env' && splitString(found, options, at)) return;
  if (program === 'env' && words[start]?.value === '-') start++;
  start = wrapper.anyPlace ? anyPlace(words, wrapper) : start + (wrapper.operands ?? 0);
  if (!wrapper.anyPlace && wrapper.operands && words[start]?.value === '--') start++;
  const dash = words.findIndex(({ value }) => value === '--');
  if (wrapper.operandsBeforeDash) start = dash < 0 ? words.length : dash + 1;
  const own: Assigned[] = [];
  for (; wrapper.assignments && isAssignment(words[start]); start++) {
    const text = words[start]!.text;
    const value = words[start]!.value;
    const name = (value ?? text).slice(0, (value ?? text).indexOf('='));
    heldBySearch(found, name, words[start]!.pattern.slice(name.length + 1));
    own.push({ name, value: value === null ? null : value.slice(name.length + 1) });
  }
  if (own.length > 0 && wrapper.interleaves) start = readOptions(words, wrapper, start).operand;
  heldByVariables(found, own, at.scope);
  const env = [...at.call.env, ...own];
  const scope = wrapper.away ? elsewhere(at.scope, wrapper) : moved(at.scope, wrapper, options);
  const place = { call: { ...at.call, env }, scope };
  for (const flag of wrapper.code ?? []) {
    const code = codeOf(options.values.get(flag) ?? null, flag);
    if (code) argument(found, program, code, beneath(scope, program));
  }
  if (wrapper.doubtful?.some((flag) => options.flags.has(flag)))
    found.doubt('computed-code', `what ${program} does is not followed`, at.call.text);
  const behind = words.findIndex(({ value }) => value !== null && wrapper.rest?.includes(value));
  if (behind > 0) inner(found, program, words.slice(behind + 1), place);
  const entry = wrapper.entry?.map((flag) => options.values.get(flag)).find((word) => word != null);
  if (entry) inner(found, program, [entry, ...words.slice(start)], place);
  if (wrapper.bare || wrapper.opaque || entry) return;
  if (wrapper.each && words.length - start > 1)
    for (const word of words.slice(start)) joined(found, program, [word], scope);
  const rest = wrapper.appends ? followXargs(found, words.slice(start), options, at) : words.slice(start);
  if (wrapper.operands && /^(-c|--command)$/.test(rest[0]?.value ?? ''))
    joined(found, program, rest.slice(1), scope);
  else if (wrapper.joins) joined(found, program, rest, scope);
  else if (rest.length > 0) inner(found, program, rest, place);
  const open = options.strange === null ? (wrapper.maybe ?? 0) : 1;
  if (options.strange !== null)
    found.doubt(
      'computed-argument',
      `${program} has an option that is not known: ${options.strange}`,
      at.call.text,
    );
  // It may have an argument: then the command begins a word later.
  for (let later = 1; later <= open && later < rest.length; later++)
    inner(found, program, rest.slice(later), place);
  const shell = wrapper.shell?.some((flag) => options.flags.has(flag)) ?? false;
  if (rest.length > 0 && shell && rest.some(({ value }) => value?.includes('$')))
    found.doubt('computed-argument', `${program} hands its words to a shell that expands them`, at.call.text);
  if (rest.length > 0 || !(shell || wrapper.shellByDefault)) return;
  found.runsInput(scope.input, program);
  const text = found.textOf(scope.input);
  if (text !== null) found.script(text, { ...beneath(scope, program), input: { kind: 'file' } });
  else if (!isJudged(scope.input))
    found.doubt('no-hooks', `${program} starts a shell that is not watched`, at.call.text);
}

/** `--checkpoint-action=exec=command`: its other actions run nothing. */
function codeOf(word: Word | null, flag: string): Word | null {
  if (flag !== '--checkpoint-action' || word?.value == null) return word;
  return word.value.startsWith('exec=') ? { ...word, value: word.value.slice(5) } : null;
}

/** Where no path of here, and no variable, means anything. */
function elsewhere(scope: Scope, { judged }: Wrapper): Scope {
  const input = judged && scope.input.kind === 'inherited' ? ({ kind: 'judged' } as const) : scope.input;
  const nothing = { elsewhere: [], variables: new Map(), positional: null, files: null };
  return { ...scope, ...nothing, input, cwd: SOMEWHERE };
}

/** Some wrappers run their command in another directory. */
function moved(scope: Scope, wrapper: Wrapper, options: Options): Scope {
  if (wrapper.root) return { ...scope, cwd: '/', elsewhere: [], files: null };
  const flag = wrapper.directory?.find((name) => options.flags.has(name));
  if (flag === undefined) return scope;
  const word = options.values.get(flag);
  return {
    ...scope,
    cwd: word?.value == null ? SOMEWHERE : resolvePath(scope.cwd, quoteGlob(word.value)),
    elsewhere: [],
  };
}

function followXargs(found: Found, command: readonly Word[], options: Options, at: Site): Word[] {
  const { words, divided } = appended(command, options, found.textOf(at.scope.input));
  if (divided)
    found.doubt('computed-argument', 'how many words go to one command is not followed', at.call.text);
  return words;
}

/** The words as one line of code; `:::` of parallel stands before words that it adds. */
function joined(found: Found, program: string, words: readonly Word[], scope: Scope): void {
  const code = words.flatMap(({ value }) => (value === null || /^:::/.test(value) ? [] : [value]));
  if (code.length < words.length || words.some(({ glob }) => glob))
    found.doubt('computed-code', `the code that ${program} runs is computed`, program);
  if (code.length > 0) found.script(code.join(' '), beneath(scope, program));
}

function beneath(scope: Scope, via: string): Scope {
  return { ...scope, via: [...scope.via, via], depth: scope.depth + 1, positional: null };
}

/** Wrappers whose command is run by the same shell: what it changes there stays changed. */
const SAME_SHELL = new Set(['builtin', 'command', 'noglob', 'nocorrect', '-', 'repeat']);

/** Enters a command that another one runs. Its redirections belong to the outer one. */
function inner(found: Found, via: string, words: readonly Word[], at: { call: Call; scope: Scope }): void {
  const scope = { ...at.scope, via: [...at.scope.via, via], depth: at.scope.depth + 1 };
  invoke(found, { words, env: at.call.env, redirections: [], touches: [], text: at.call.text }, scope);
  if (!SAME_SHELL.has(via)) return;
  at.scope.cwd = scope.cwd;
  at.scope.variables = scope.variables;
  at.scope.positional = scope.positional;
}

/**
 * `env -S 'a b c'`: one word that env splits, and reads as its own, options first. Anything but plain words and
 * quotes in it is not followed.
 */
function splitString(found: Found, options: Options, at: Site): boolean {
  const given = ['-S', '--split-string'].find((flag) => options.flags.has(flag));
  if (given === undefined) return false;
  const { scope, call } = at;
  const text = options.values.get(given)?.value;
  if (text === undefined || text === null || /[$\\`;&|<>(){}#*?[\]~!]/.test(text)) {
    found.doubt('computed-code', 'env -S splits a text that is not plain', call.text);
  }
  if (text === undefined || text === null) return true;
  // `--` in front of what is left is the text's own.
  const from = call.words[options.operand - 1]?.value === '--' ? options.operand - 1 : options.operand;
  const rest = call.words.slice(from).map((word) => word.value ?? '"$unknown"');
  const quoted = rest.map((word) => (word === '"$unknown"' ? word : `'${word.replaceAll("'", `'\\''`)}'`));
  const inside = { ...moved(scope, WRAPPERS.get('env')!, options), depth: scope.depth + 1 };
  found.script(['env', text, ...quoted].join(' '), inside);
  return true;
}

/** To env and sudo any word with `=` in it is one, whatever stands before it. */
function isAssignment(word: Word | undefined): boolean {
  return word !== undefined && /^[^/=][^=]*=/.test(word.value ?? word.text);
}
