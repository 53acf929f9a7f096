/** Decodes the words of the syntax tree: quotes, escapes, tilde, braces, and the expansions that are known. */
import {
  type DoubleQuotedChild,
  parse,
  type SyntaxNode,
  type Word as SyntaxWord,
  type WordPart,
} from 'unbash';
import { isTooDeep } from '../limits.ts';
import type { Range, Scope } from '../scope.ts';
import { expandBraces } from './brace.ts';
import { Fields, literalWord, unknownWord, type Word } from './fields.ts';
import { parameter } from './parameter.ts';

/** What decoding needs from the analysis around it. */
export interface Nested {
  /** Analyses the scripts of the substitutions in a node; gives where their commands stand. */
  visit(node: SyntaxNode): Range;
  /** Accounts for text that is parsed once more. */
  spend(length: number): void;
}

/** The fields that `word` becomes. Scripts inside it are visited. */
export function decode(word: SyntaxWord, scope: Scope, nested: Nested): Word[] {
  if (isTooDeep(word.text)) {
    nested.visit(word);
    return [unknownWord(word.text)];
  }
  const parts = word.parts;
  if (parts?.some((part) => part.type === 'BraceExpansion')) return decodeBraces(word, parts, scope, nested);
  return decodePlain(word, scope, nested);
}

function decodePlain(word: SyntaxWord, scope: Scope, nested: Nested): Word[] {
  const { parts } = word;
  // Most words are this plain.
  if (parts === undefined && isForZsh(word)) return [unknownWord(word.text)];
  if (parts === undefined && !word.text.includes('~')) return [literalWord(word.value, word.text)];
  const fields = new Fields();
  const rest = tilde(word, parts, scope, fields);
  if (parts === undefined) {
    if (rest !== null) fields.literal(rest);
    return fields.finish(word.text);
  }
  if (parts.some(mayHoldScript)) fields.holds(inside(word, nested));
  parts.forEach((part, place) => {
    if (modified(part, parts[place + 1])) fields.unknown(false);
    else if (place === 0 && rest !== null) fields.literal(rest);
    else addPart(part, scope, fields);
  });
  return fields.finish(word.text);
}

/** Exactly one value, as in an assignment, a redirection of one target, or a here-string: no splitting. */
export function decodeOne(word: SyntaxWord, scope: Scope, nested: Nested): Word {
  const words = decode(word, scope, nested);
  if (words.length === 1) return words[0]!;
  if (words.length > 1) return { ...unknownWord(word.text), sources: words[0]!.sources };
  return { value: '', pattern: '', glob: false, splits: false, sources: [], text: word.text };
}

/** Brace expansion works on text, before everything else: expand, then decode each result as a word. */
function decodeBraces(word: SyntaxWord, parts: readonly WordPart[], scope: Scope, nested: Nested): Word[] {
  const sources = parts.some(mayHoldScript) ? inside(word, nested) : [];
  const silent: Nested = { visit: () => [0, 0], spend: nested.spend };
  const out: Word[] = [];
  for (const text of expandBraces(word.text)) {
    if (text === '') continue;
    nested.spend(text.length);
    // Most are this plain.
    if (/^[\w.,:@%+/-]+$/.test(text)) {
      out.push({ ...literalWord(text, word.text), sources });
      continue;
    }
    const command = parse(`: ${text}`).commands[0]?.command;
    const [single, ...more] = command?.type === 'Command' ? command.args : [];
    if (single?.type !== 'Word' || more.length > 0) out.push({ ...unknownWord(word.text), sources });
    else {
      for (const field of decodePlain(single, scope, silent)) {
        out.push({ ...field, sources: [...field.sources, ...sources], text: word.text });
      }
    }
  }
  return out;
}

function inside(word: SyntaxWord, nested: Nested): Range[] {
  const range = nested.visit(word);
  return range[1] > range[0] ? [range] : [];
}

function mayHoldScript(part: WordPart): boolean {
  return part.type !== 'Literal' && part.type !== 'SingleQuoted' && part.type !== 'AnsiCQuoted';
}

/**
 * Adds what a leading tilde stands for (also after `name=`, as bash does) and gives what remains of the first
 * literal part; null where there is nothing to add for it.
 */
function tilde(
  word: SyntaxWord,
  parts: readonly WordPart[] | undefined,
  scope: Scope,
  fields: Fields,
): string | null {
  const first = parts === undefined ? word : parts[0];
  if (!first?.text.includes('~')) return parts?.[0]?.type === 'Literal' ? parts[0].value : null;
  const whole = parts === undefined ? word.value : first?.type === 'Literal' ? first.value : null;
  if (whole === null) return null;
  const found = /^([A-Za-z_]\w*=)?(~[^/]*)/.exec(first!.text);
  if (found === null || found[2]!.includes('\\')) return whole;
  // `~"x"` is not a tilde expansion: the name must end within the literal, or with the word.
  if (parts !== undefined && parts.length > 1 && !first!.text.includes('/')) return whole;
  const before = found[1] ?? '';
  fields.literal(before);
  const home = tildeTarget(found[2]!, scope);
  if (home === null) fields.unknown(true);
  else fields.literal(home);
  return whole.slice(before.length + found[2]!.length);
}

/** The directory of a tilde prefix; null where it is not known. */
function tildeTarget(prefix: string, scope: Scope): string | null {
  switch (prefix) {
    case '~':
      return scope.variables.get('HOME')?.value ?? null;
    case '~+':
      return scope.cwd.includes('*') ? null : scope.cwd;
    case '~root':
      return '/root';
    default:
      return null;
  }
}

function addPart(part: WordPart, scope: Scope, fields: Fields): void {
  switch (part.type) {
    case 'AnsiCQuoted':
      // bash takes `\x{72}` for a character, the parser does not.
      if (part.text.includes('\\x{')) fields.unknown(true);
      else fields.literal(part.value);
      return;
    case 'Literal':
    case 'SingleQuoted':
      fields.literal(part.value);
      return;
    case 'DoubleQuoted':
    case 'LocaleString':
      fields.literal('');
      part.parts.forEach((child, place) => {
        if (modified(child, part.parts[place + 1])) fields.unknown(true);
        else addQuoted(child, scope, fields);
      });
      return;
    case 'Glob':
      fields.glob(part.text);
      return;
    case 'ExtendedGlob':
      // Any text may match it; what it matches is decided by the file system.
      fields.glob(part.operator === '!' || part.operator === '*' ? '*' : '?*');
      return;
    case 'ProcessSubstitution':
      // A name below /dev/fd that says nothing.
      fields.literal('/dev/fd/63');
      return;
    case 'SimpleExpansion':
    case 'ParameterExpansion': {
      const { value, sources } = parameter(part, scope);
      fields.holds(sources);
      // Another separator than blanks divides it elsewhere.
      if (value === null || scope.variables.get('IFS')?.value !== ' \t\n') fields.unknown(false);
      else fields.split(value);
      return;
    }
    case 'BraceExpansion':
      // Only what looks like one, as `{a..1}`, is left by now.
      if (/^[\w{}.,-]*$/.test(part.text)) fields.literal(part.text);
      else fields.unknown(false);
      return;
    case 'CommandExpansion':
      fields.unknown(false);
      return;
    case 'ArithmeticExpansion':
      // A number: never split, never a path of its own.
      fields.unknown(true);
      return;
  }
}

/** To zsh, `$=x`, `$~x` and `$^x` are expansions; to bash they are text. */
function isForZsh({ text }: { text: string }): boolean {
  return text.includes('$') && /^[^'"\\]*\$[=~^]+[A-Za-z_{]/.test(text);
}

/** To zsh, `$x[1]` and `$x:h` are a part of `$x`; to bash the value goes before what follows. */
function modified(part: WordPart, next: WordPart | undefined): boolean {
  if (part.type === 'Literal') return isForZsh(part);
  if (part.type !== 'SimpleExpansion' || !/^\$[A-Za-z_]/.test(part.text) || next === undefined) return false;
  return (next.type === 'Literal' || next.type === 'Glob') && /^(\[|:[aAcehlPqQrstux&])/.test(next.text);
}

function addQuoted(part: DoubleQuotedChild, scope: Scope, fields: Fields): void {
  if (part.type === 'Literal') {
    fields.literal(part.value);
    return;
  }
  if (part.type === 'SimpleExpansion' || part.type === 'ParameterExpansion') {
    const { value, pattern, sources } = parameter(part, scope);
    fields.holds(sources);
    // "$@" and "${a[@]}" become any number of words in spite of their quotes.
    if (value === null) fields.unknown(!/^\$(@|\{[^}]*@)/.test(part.text), pattern);
    else fields.literal(value);
    return;
  }
  fields.unknown(true);
}
