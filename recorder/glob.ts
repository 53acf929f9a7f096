/**
 * Globs over text: `*` any characters, `?` one, `[abc]`, `[a-z]`, `[!a]` one of a class, a backslash quotes.
 * No backtracking: matching costs at most the product of both lengths.
 */

type Token =
  | { kind: 'char'; char: string }
  | { kind: 'one' }
  | { kind: 'many' }
  | { kind: 'class'; negated: boolean; ranges: readonly (readonly [string, string])[] };

export interface Glob {
  /** The text itself where the glob matches nothing else. */
  literal: string | null;
  tokens: readonly Token[];
}

const CACHE_LIMIT = 4096;
const cache = new Map<string, Glob>();

/** Compiled once for each source, for as long as there is room. */
export function glob(source: string): Glob {
  const known = cache.get(source);
  if (known !== undefined) return known;
  const made = compile(source);
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(source, made);
  return made;
}

function compile(source: string): Glob {
  const tokens: Token[] = [];
  const chars = [...source];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!;
    if (char === '\\' && at + 1 < chars.length) tokens.push({ kind: 'char', char: chars[++at]! });
    else if (char === '?') tokens.push({ kind: 'one' });
    else if (char === '*') {
      if (tokens.at(-1)?.kind !== 'many') tokens.push({ kind: 'many' });
    } else if (char === '[') {
      const end = closing(chars, at);
      if (end < 0) tokens.push({ kind: 'char', char });
      else {
        tokens.push(bracket(chars.slice(at + 1, end)));
        at = end;
      }
    } else tokens.push({ kind: 'char', char });
  }
  const plain = tokens.every((token) => token.kind === 'char');
  return { tokens, literal: plain ? tokens.map((token) => (token as { char: string }).char).join('') : null };
}

/** A `]` right after the opening, or after its `!`, stands for itself. */
function closing(chars: readonly string[], open: number): number {
  const first = chars[open + 1] === '!' || chars[open + 1] === '^' ? open + 2 : open + 1;
  return chars.indexOf(']', first + 1);
}

function bracket(inner: readonly string[]): Token {
  const negated = inner[0] === '!' || inner[0] === '^';
  const chars = negated ? inner.slice(1) : inner;
  const ranges: [string, string][] = [];
  for (let at = 0; at < chars.length; at++) {
    if (chars[at + 1] === '-' && chars[at + 2] !== undefined) {
      ranges.push([chars[at]!, chars[at + 2]!]);
      at += 2;
    } else ranges.push([chars[at]!, chars[at]!]);
  }
  return { kind: 'class', negated, ranges };
}

/** True if the glob matches the whole of `text`. */
export function matches(pattern: Glob, text: string): boolean {
  if (pattern.literal !== null) return pattern.literal === text;
  const { tokens } = pattern;
  const chars = [...text];
  let token = 0;
  let retry = -1;
  let resume = 0;
  for (let at = 0; at < chars.length; ) {
    const here = tokens[token];
    if (here?.kind === 'many') {
      retry = ++token;
      resume = at;
    } else if (here !== undefined && accepts(here, chars[at]!)) {
      token++;
      at++;
    } else if (retry >= 0) {
      token = retry;
      at = ++resume;
    } else return false;
  }
  while (tokens[token]?.kind === 'many') token++;
  return token === tokens.length;
}

function accepts(token: Token, char: string): boolean {
  switch (token.kind) {
    case 'char':
      return token.char === char;
    case 'class':
      return token.ranges.some(([low, high]) => low <= char && char <= high) !== token.negated;
    case 'one':
    case 'many':
      return true;
  }
}

/** True if some text matches both. Two classes are taken to overlap. */
export function overlap(a: Glob, b: Glob): boolean {
  if (b.literal !== null) return matches(a, b.literal);
  if (a.literal !== null) return matches(b, a.literal);
  // Row by row over the tokens of `a`: which places in `b` can be reached.
  const width = b.tokens.length + 1;
  let row = new Uint8Array(width);
  row[0] = 1;
  skipMany(b, row);
  for (const token of a.tokens) {
    const next = new Uint8Array(width);
    for (let at = 0; at < width; at++) {
      if (token.kind === 'many') {
        if (row[at] || (at > 0 && next[at - 1])) next[at] = 1;
      } else if (row[at]) step(token, b, at, next);
    }
    skipMany(b, next);
    row = next;
  }
  return row[width - 1] === 1;
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
function skipMany(b: Glob, row: Uint8Array): void {
  b.tokens.forEach((token, at) => {
    if (row[at] && token.kind === 'many') row[at + 1] = 1;
  });
}
