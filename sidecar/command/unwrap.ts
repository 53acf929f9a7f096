/** What a wrapper runs, by its grammar: the words behind its own, code in its options, or what a shell of its own reads. */
import type { Assigned } from '../action.ts';
import { basename, quoteGlob, resolvePath } from '../match/path.ts';
import { beneath, inner, joined, type Site } from './call.ts';
import { argument } from './code/interpreter.ts';
import type { Found } from './found.ts';
import { CARRIERS } from './grammar/carriers.ts';
import { dashed, type Options, permuted, readOptions } from './grammar/options.ts';
import type { Wrapper } from './grammar/wrapper.ts';
import { WRAPPERS } from './grammar/wrappers.ts';
import { appended } from './grammar/xargs.ts';
import { heldBySearch, heldByVariables } from './held.ts';
import { isJudged, type Scope, SOMEWHERE } from './scope.ts';
import { literalWord, unknownWord, type Word } from './words/fields.ts';

/** What a tool of many commands runs. */
export function carried(found: Found, program: string, at: Site): void {
  const carrier = CARRIERS.get(program);
  if (carrier === undefined) return;
  const { words } = at.call;
  const { operand } = readOptions(words, carrier);
  const then = carrier.between ? readOptions(words, carrier.between, operand + 1).operand : operand + 1;
  const [first, second] = [words[operand]?.value, words[then]?.value];
  for (const [name, length] of [
    [`${first} ${second}`, then - operand + 1],
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
    all.given.push(...more.given);
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

export function unwrap(found: Found, program: string, wrapper: Wrapper, at: Site): void {
  const given = wrapper.undashed ? dashed(at.call.words, wrapper) : at.call.words;
  const words = wrapper.permutes ? permuted(given, wrapper) : given;
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
  for (const [flag, word] of options.given) {
    const code = wrapper.code?.includes(flag) ? codeOf(word, flag) : null;
    if (code) argument(found, program, code, beneath(scope, program));
    const opens = wrapper.opens?.[flag]?.test(word.value ?? '') ?? false;
    const shows = wrapper.mounts?.includes(flag) && letsIn(word, at.scope, found.places.workspace);
    if (opens || shows)
      found.doubt(
        'computed-argument',
        `${program} lets its command see a place of this machine`,
        at.call.text,
      );
  }
  if (wrapper.doubtful?.some((flag) => options.flags.has(flag)))
    found.doubt('computed-code', `what ${program} does is not followed`, at.call.text);
  const behind = words.findIndex(({ value }) => value !== null && isRest(value, wrapper.rest));
  if (behind > 0) inner(found, program, restOf(words, behind), place);
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
  // Under POSIXLY_CORRECT, or with another C library, it takes no option behind its first operand.
  const asGiven = given.slice(readOptions(given, wrapper).operand + (wrapper.operands ?? 0));
  if (wrapper.permutes && asGiven.length > rest.length) inner(found, program, asGiven, place);
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

/** `-x`, at the end of a cluster as well, and `--exec=command`. */
function isRest(text: string, rest: readonly string[] = []): boolean {
  return rest.some(
    (flag) =>
      text === flag ||
      (flag.startsWith('--')
        ? text.startsWith(`${flag}=`)
        : /^-[A-Za-z0-9]+$/.test(text) && text.endsWith(flag[1]!)),
  );
}

/** What fd finds is added, or stands for a sign with braces. */
function restOf(words: readonly Word[], behind: number): Word[] {
  const [, first] = /^--[\w-]+=(.*)$/s.exec(words[behind]!.value!) ?? [];
  const rest = [...(first === undefined ? [] : [literalWord(first)]), ...words.slice(behind + 1)];
  if (!/^fd/.test(basename(words[0]!.value ?? ''))) return rest;
  const filled = rest.map((word) => (/\{[./]*\}/.test(word.value ?? '') ? unknownWord(word.text) : word));
  return filled.some(({ value }) => value === null) ? filled : [...filled, unknownWord('what is found')];
}

/** Whether `here:there`, or `source=here,…`, is a directory of this machine outside of what is worked on. */
function letsIn({ value }: Word, scope: Scope, workspace: string | undefined): boolean {
  const here = /(?:^|,)(?:source|src)=([^,]*)/.exec(value ?? '')?.[1] ?? value?.split(':')[0] ?? '';
  if (!/^[/~.]/.test(here)) return false;
  const path = resolvePath(scope.cwd, quoteGlob(here));
  return ![workspace, scope.cwd].some(
    (place) => place !== undefined && (path === place || path.startsWith(`${place}/`)),
  );
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
  const { words, divided } = appended(command, options, {
    text: found.textOf(at.scope.input),
    paths: found.pathsOf(at.scope.input),
  });
  if (divided)
    found.doubt('computed-argument', 'how many words go to one command is not followed', at.call.text);
  return words;
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
