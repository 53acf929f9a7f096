/** One simple command of the tree: assignments, words and redirections decoded, then followed. */
import type { ArrayValue, Assignment, Command, For, Select } from 'unbash';
import type { Assigned, Touch } from '../action.ts';
import { ANYWHERE } from '../match/path.ts';
import { type Listing, pathWords } from './code/listing.ts';
import { isTorn, redirect } from './files/redirect.ts';
import { touch } from './files/touch.ts';
import type { Found } from './found.ts';
import { heldBySearch, heldByVariables } from './held.ts';
import { invoke } from './invoke.ts';
import { LIMITS, shown } from './limits.ts';
import { type Binding, learn, type Scope } from './scope.ts';
import { nestedIn } from './substitution.ts';
import { literalWord, type Word } from './words/fields.ts';
import { decode, decodeOne, type Nested } from './words/word.ts';

export function simple(found: Found, node: Command, scope: Scope): void {
  const nested = nestedIn(found, scope);
  const sinks = found.sinks.length;
  const env = prefix(found, node, scope, nested);
  const all = wordsOf(found, node, env, { scope, nested });
  const words = isValue(node) ? afterValue(found, node, all) : all;
  const { input, redirections, touches } = redirect(node.redirects, scope, nested);
  touches.push(...forced(node, scope));
  if (isTorn(node.redirects))
    found.doubt('syntax', 'a redirection that could not be read', textOf(found, node));
  const text = textOf(found, node);
  const inside = input === null ? scope : { ...scope, input };
  const from = found.commands.length;
  heldByVariables(found, env, scope);
  invoke(found, { words, env, redirections, touches, text }, inside);
  // What it changed in its shell stays; what it read from does not.
  if (inside !== scope) Object.assign(scope, { ...inside, input: scope.input });
  for (const sink of found.sinks.splice(sinks)) {
    for (const program of sink) {
      found.runsInput(inside.input, program);
      found.runsOutputOf([[from, found.commands.length]], program);
    }
  }
}

function textOf(found: Found, { pos, end }: Command): string {
  return shown(found.source.slice(pos, end));
}

/** `name=<(…) command`: the parser takes the substitution for the command word. */
function isValue({ name, prefix }: Command): boolean {
  const last = prefix.at(-1);
  return last?.type === 'Assignment' && last.end === name?.pos;
}

function afterValue(found: Found, node: Command, words: readonly Word[]): Word[] {
  found.doubt('computed-argument', 'a variable names the output of a command', textOf(found, node));
  const start = words.findIndex((word, place) => place > 0 && !/^[A-Za-z_]\w*\+?=/.test(word.text));
  return start < 0 ? [] : words.slice(start);
}

/** To zsh `>! file` is what `>| file` is; to bash it writes a file named `!`. */
function forced({ redirects, args }: Command, scope: Scope): Touch[] {
  if (redirects.length === 0) return [];
  const silent: Nested = { visit: () => [0, 0], spend: () => undefined };
  return redirects.flatMap(({ type, ...redirect }) => {
    if (type !== 'Redirect' || !('target' in redirect) || redirect.target?.text !== '!') return [];
    const { end } = redirect.target;
    const file = args.find((word) => word.pos > end);
    return file?.type === 'Word' ? [touch('writes', decodeOne(file, scope, silent), scope)] : [];
  });
}

/** The assignments in front. Alone they are for later statements; with a command, for that command. */
function prefix(found: Found, node: Command, scope: Scope, nested: Nested): Assigned[] {
  const env: Assigned[] = [];
  for (const item of node.prefix) {
    if (item.type !== 'Assignment') continue;
    const { binding, ...assigned } = assignment(item, scope, nested);
    if (found.readonly.has(assigned.name))
      found.doubt('computed-argument', 'a variable is assigned that may be read-only', item.text);
    heldBySearch(found, assigned.name, binding.pattern);
    if (node.name === undefined) learn(scope, assigned.name, binding);
    env.push(assigned);
  }
  return env;
}

/** The command's words. What `export` and its like assign is added to `env`. */
function wordsOf(
  found: Found,
  node: Command,
  env: Assigned[],
  { scope, nested }: { scope: Scope; nested: Nested },
): Word[] {
  const words: Word[] = node.name === undefined ? [] : decode(node.name, scope, nested);
  for (const item of node.args) {
    if (item.type === 'Word') {
      const fields = decode(item, scope, nested);
      for (const field of listedIn(found, words, fields) ?? fields) words.push(field);
      continue;
    }
    const { binding, ...assigned } = assignment(item, scope, nested);
    const { name, value } = assigned;
    heldBySearch(found, name, binding.pattern);
    const word = literalWord(`${name}=${value ?? ''}`);
    words.push({
      ...word,
      value: value === null ? null : word.value,
      sources: binding.sources,
      text: item.text,
    });
    env.push(assigned);
  }
  return words;
}

/** `rm $(find …)`: of what one command prints, and nothing else, the paths. */
function listedIn(found: Found, words: readonly Word[], fields: readonly Word[]): Word[] | null {
  const [field, ...more] = fields;
  if (field === undefined || more.length > 0 || !field.splits || found.listings.size === 0) return null;
  const listing = listingOf(found, field);
  return listing === null ? null : pathWords(words, { ...listing, nul: false }, field);
}

/** Where a word is the output of one command that prints paths. */
function listingOf(found: Found, { text, sources }: Word): Listing | null {
  const [range, ...others] = sources;
  if (range === undefined || others.length > 0 || range[1] !== range[0] + 1) return null;
  return /^(\$\(.*\)|`[^`]*`)$/s.test(text) ? (found.listings.get(range[0]) ?? null) : null;
}

function assignment(node: Assignment, scope: Scope, nested: Nested): Assigned & { binding: Binding } {
  const index = node.index === undefined ? {} : { index: decodeOne(node.index, scope, nested).value };
  const unknown = { value: null, pattern: ANYWHERE };
  if (node.value.type === 'ArrayValue') {
    const sources = [nested.visit(node.value satisfies ArrayValue)];
    return { name: node.name, ...index, value: null, binding: { ...unknown, sources } };
  }
  const { value, pattern, sources } = decodeOne(node.value, scope, nested);
  if (!node.append && !node.index) return { name: node.name, value, binding: { value, pattern, sources } };
  const before = scope.variables.get(node.name)?.sources ?? [];
  const all = [...before, ...sources].slice(0, LIMITS.sources);
  return { name: node.name, ...index, value: null, binding: { ...unknown, sources: all } };
}

/** A loop over one word takes its values from there; over several, it is not followed which. */
export function loopVariable(found: Found, node: For | Select, scope: Scope): void {
  const words = (node.wordlist ?? []).flatMap((word) => decode(word, scope, nestedIn(found, scope)));
  const sources = words.flatMap((word) => word.sources).slice(0, LIMITS.sources);
  const pattern = words.length === 1 ? eachOf(found, words[0]!) : ANYWHERE;
  learn(scope, node.name.value, { value: null, pattern, sources });
}

/** A glob that covers each field of a word. */
function eachOf(found: Found, word: Word): string {
  if (!word.splits) return word.pattern;
  const [pattern, ...more] = listingOf(found, word)?.patterns ?? [];
  // A blank in a name divides it.
  return pattern === undefined || more.length > 0 || /^([/~]|\*\*)|\.\./.test(pattern) ? ANYWHERE : './**';
}
