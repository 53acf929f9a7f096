/** What a program runs in its turn: by what kind of program it is, as a wrapper, a shell, an interpreter or a builtin. */
import { plainPath } from '../match/path.ts';
import { type Call, inner } from './call.ts';
import { BUILTINS, followBuiltin } from './code/builtins.ts';
import { followEmbedded } from './code/embedded.ts';
import { followInterpreter, followShell } from './code/interpreter.ts';
import { LISTS, listed } from './code/listing.ts';
import { PRINTS, printed } from './code/output.ts';
import { doubtRecipes } from './code/recipes.ts';
import { fileNamed } from './code/script-file.ts';
import { shellNamed } from './code/shells.ts';
import type { Found } from './found.ts';
import { CARRIERS } from './grammar/carriers.ts';
import { findCommands } from './grammar/find.ts';
import { wrapperNamed } from './grammar/wrappers.ts';
import { heldByWords } from './held.ts';
import { followInherited } from './inherited.ts';
import { changed, type Scope, SOMEWHERE } from './scope.ts';
import { carried, unwrap } from './unwrap.ts';

/** True of programs whose work is followed: by another meaning of the name what was concluded from it falls. */
export function isFollowed(program: string): boolean {
  return (
    wrapperNamed(program) !== undefined ||
    CARRIERS.has(program) ||
    shellNamed(program) !== null ||
    program === 'find' ||
    BUILTINS.has(program) ||
    PRINTS.has(program) ||
    LISTS.has(program)
  );
}

/** They keep what they read for a shell that runs it later. */
const AT = new Set(['at', 'batch']);

/** Follows what `program` runs: its place among the commands is known, its words are decoded. */
export function follow(found: Found, program: string, call: Call, at: { scope: Scope; place: number }): void {
  const { scope, place } = at;
  if (followInherited(found, program, call.words, scope)) return;
  const definition = found.definitions.get(program);
  if (definition !== undefined && changed(definition, scope))
    found.doubt(
      'computed-argument',
      `${program} runs where other things hold than where it is defined`,
      call.text,
    );
  doubtRecipes(found, program, call.words, scope);
  if (LISTS.has(program)) noteListing(found, program, call, at);
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

/** That what it prints are paths, and below where. */
function noteListing(
  found: Found,
  program: string,
  { words, redirections }: Call,
  { scope, place }: { scope: Scope; place: number },
): void {
  // Where it goes elsewhere, or complaints come with it, it is no listing.
  if (redirections.some(({ operator, fd }) => operator.includes('>') && (fd !== 2 || operator === '>&')))
    return;
  const listing = listed(program, words, found.pathsOf(scope.input));
  if (listing !== null) found.listings.set(place, listing);
}

/** What a command leaves in a file where that is known: `printf … > FILE`, `cat > FILE <<E`, `tee FILE`. */
function noteContent(
  found: Found,
  program: string,
  { words, redirections, touches }: Call,
  { scope, output }: { scope: Scope; output: string | null },
): void {
  if (output !== null && redirections.length > 0) {
    const [only, ...more] = redirections.filter(({ operator }) => operator.includes('>'));
    const path = plainPath(touches.find(({ role }) => role === 'writes')?.path ?? '**');
    const isOutput =
      only !== undefined && /^>\|?$/.test(only.operator) && (only.fd === null || only.fd === 1);
    if (isOutput && more.length === 0 && path !== null) found.made.wrote(path, output);
  }
  const operand = words[1];
  if (program !== 'tee' || operand === undefined || words.length > 2) return;
  const text = found.textOf(scope.input);
  const target = text === null ? null : fileNamed(operand, scope);
  if (target !== null && text !== null && !operand.value!.startsWith('-')) found.made.wrote(target, text);
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
