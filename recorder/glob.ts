/**
 * Globs over text: `*` any characters, `?` one, `[abc]`, `[a-z]`, `[!a]` one of a class, a backslash quotes.
 * No backtracking: matching costs at most the product of both lengths.
 */

/** A character is its code point. */
type Token =
  | { kind: 'char'; char: number }
  | { kind: 'one' }
  | { kind: 'many' }
  | { kind: 'class'; negated: boolean; ranges: readonly Range[] };

type Range = readonly [low: number, high: number];

export interface Glob {
  /** The text itself where the glob matches nothing else. */
  literal: string | null;
  /** Empty where it is literal. */
  tokens: readonly Token[];
}

const NONE: readonly Token[] = [];

const CACHE_LIMIT = 4096;
/** Characters of a source that is remembered. */
const CACHED_LENGTH = 128;
const cache = new Map<string, Glob>();

/** Compiled once for each source that is not long, for as long as there is room. */
export function glob(source: string): Glob {
  // Most are this plain.
  if (!/[*?[\\]/.test(source)) return { literal: source, tokens: NONE };
  if (source.length > CACHED_LENGTH) return compile(source);
  const known = cache.get(source);
  if (known !== undefined) return known;
  const made = compile(source);
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(source, made);
  return made;
}

function compile(source: string): Glob {
  const tokens = tokensOf([...source]);
  if (tokens.some(({ kind }) => kind !== 'char')) return { tokens, literal: null };
  return { tokens: NONE, literal: textOf(tokens as { char: number }[]) };
}

function textOf(tokens: readonly { char: number }[]): string {
  let text = '';
  for (const { char } of tokens) text += String.fromCodePoint(char);
  return text;
}

function tokensOf(chars: readonly string[]): Token[] {
  const tokens: Token[] = [];
  const last = chars.lastIndexOf(']');
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!;
    if (char === '\\' && at + 1 < chars.length) tokens.push(charToken(chars[++at]!));
    else if (char === '?') tokens.push({ kind: 'one' });
    else if (char === '*') {
      if (tokens.at(-1)?.kind !== 'many') tokens.push({ kind: 'many' });
    } else if (char === '[') {
      const end = at < last ? closing(chars, at) : -1;
      if (end < 0) tokens.push(charToken(char));
      else {
        tokens.push(bracket(chars.slice(at + 1, end)));
        at = end;
      }
    } else tokens.push(charToken(char));
  }
  return tokens;
}

function charToken(char: string): Token {
  return { kind: 'char', char: char.codePointAt(0)! };
}

/** A `]` right after the opening, or after its `!`, stands for itself. */
function closing(chars: readonly string[], open: number): number {
  const first = chars[open + 1] === '!' || chars[open + 1] === '^' ? open + 2 : open + 1;
  return chars.indexOf(']', first + 1);
}

function bracket(inner: readonly string[]): Token {
  const negated = inner[0] === '!' || inner[0] === '^';
  const chars = (negated ? inner.slice(1) : inner).map((char) => char.codePointAt(0)!);
  const ranges: Range[] = [];
  for (let at = 0; at < chars.length; at++) {
    const ends = chars[at + 1] === DASH && at + 2 < chars.length;
    const [low, high] = [chars[at]!, chars[ends ? at + 2 : at]!];
    if (low <= high) ranges.push([low, high]);
    if (ends) at += 2;
  }
  return { kind: 'class', negated, ranges: merged(ranges) };
}

const DASH = 0x2d;

/** In order, and apart from each other: found by halving. */
function merged(ranges: Range[]): Range[] {
  const done: Range[] = [];
  for (const [low, high] of ranges.sort((a, b) => a[0] - b[0])) {
    const before = done.at(-1);
    if (before !== undefined && low <= before[1] + 1)
      done[done.length - 1] = [before[0], Math.max(before[1], high)];
    else done.push([low, high]);
  }
  return done;
}

function isIn(ranges: readonly Range[], char: number): boolean {
  let [from, to] = [0, ranges.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (char > ranges[middle]![1]) from = middle + 1;
    else to = middle;
  }
  return from < ranges.length && ranges[from]![0] <= char;
}

/** True if the glob matches the whole of `text`. */
export function matches(pattern: Glob, text: string): boolean {
  if (pattern.literal !== null) return pattern.literal === text;
  const { tokens } = pattern;
  let token = 0;
  let retry = -1;
  let resume = 0;
  for (let at = 0; at < text.length; ) {
    const char = text.codePointAt(at)!;
    const here = tokens[token];
    if (here?.kind === 'many') {
      retry = ++token;
      resume = at;
    } else if (here !== undefined && accepts(here, char)) {
      token++;
      at += width(char);
    } else if (retry >= 0) {
      token = retry;
      resume += width(text.codePointAt(resume)!);
      at = resume;
    } else return false;
  }
  while (tokens[token]?.kind === 'many') token++;
  return token === tokens.length;
}

/** UTF-16 units of a character. */
function width(char: number): number {
  return char > 0xffff ? 2 : 1;
}

function accepts(token: Token, char: number): boolean {
  switch (token.kind) {
    case 'char':
      return token.char === char;
    case 'class':
      return isIn(token.ranges, char) !== token.negated;
    case 'one':
    case 'many':
      return true;
  }
}

/** True if some text matches both. Two classes are taken to overlap. */
export function overlap(a: Glob, b: Glob): boolean {
  if (b.literal !== null) return matches(a, b.literal);
  if (a.literal !== null) return matches(b, a.literal);
  if (!meet(a.tokens[0]!, b.tokens[0]!) || !meet(a.tokens.at(-1)!, b.tokens.at(-1)!)) return false;
  // Row by row over the tokens of `a`: which places in `b` can be reached.
  const places = b.tokens.length + 1;
  let row = new Uint8Array(places);
  let next = new Uint8Array(places);
  row[0] = 1;
  skipMany(b, row);
  for (const token of a.tokens) {
    next.fill(0);
    for (let at = 0; at < places; at++) {
      if (token.kind === 'many') {
        if (row[at] || (at > 0 && next[at - 1])) next[at] = 1;
      } else if (row[at]) step(token, b, at, next);
    }
    skipMany(b, next);
    [row, next] = [next, row];
  }
  return row[places - 1] === 1;
}

/** Whether two that stand at the same end leave room for a text that has both. */
function meet(a: Token, b: Token): boolean {
  return a.kind === 'many' || b.kind === 'many' || common(a, b);
}

/** One character of `a` against what stands at `at` in `b`. */
function step(token: Token, b: Glob, at: number, next: Uint8Array): void {
  const other = b.tokens[at];
  if (other === undefined) return;
  if (other.kind === 'many') next[at] = 1;
  else if (common(token, other)) next[at + 1] = 1;
}

function common(a: Token, b: Token): boolean {
  if (a.kind === 'char') return accepts(b, a.char);
  if (b.kind === 'char') return accepts(a, b.char);
  return true;
}

/** `*` may match nothing. */
function skipMany({ tokens }: Glob, row: Uint8Array): void {
  for (let at = 0; at < tokens.length; at++) if (row[at] && tokens[at]!.kind === 'many') row[at + 1] = 1;
}
