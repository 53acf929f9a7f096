/**
 * The words and signs of SQL, in the dialects that differ in what is a comment or a quote. Pure, one pass.
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html, https://dev.mysql.com/doc/refman/8.4/en/language-structure.html
 */

export type Dialect = 'postgresql' | 'mysql' | 'sqlite';

export type Token =
  /** Lower case. */
  | { kind: 'word'; text: string }
  /** A backslash and what belongs to it: a command of the client's own, up to the end of its line. */
  | { kind: 'meta'; text: string }
  | { kind: 'sign'; text: string }
  /** A value, or a name in quotes. */
  | { kind: 'quoted' }
  /** A comment that a server may run, or a quote without its end: what follows is not known. */
  | { kind: 'unclear' };

/** Sticky, each of one kind of token; the first that matches counts. */
const COMMON = {
  space: /[\s\uFEFF]+/y,
  line: /--[^\n]*/y,
  word: /[\p{L}_][\p{L}\p{N}_$]*/uy,
  number: /\d[\w.]*/y,
  name: /"(?:[^"]|"")*"/y,
};

const TEXT = /'(?:[^']|'')*'/y;
const ESCAPED_TEXT = /'(?:[^'\\]|''|\\[\s\S])*'/y;
const ESCAPED_NAME = /"(?:[^"\\]|""|\\[\s\S])*"/y;
const BACKTICKS = /`(?:[^`]|``)*`/y;
const BRACKETS = /\[[^\]]*\]/y;
const DOLLAR = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
const META = /\\[^\n]*/y;

export function tokensOf(text: string, dialect: Dialect): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  while (at < text.length) {
    if (take(COMMON.space) !== null || isLineComment(dialect, take)) continue;
    if (text.startsWith('/*', at)) {
      const end = commentEnd(text, at, dialect);
      if (end === null) return [...tokens, { kind: 'unclear' }];
      at = end;
      continue;
    }
    const token = tokenAt(text, dialect, { take, at });
    if (token === null) {
      tokens.push({ kind: 'sign', text: text[at]! });
      at++;
      continue;
    }
    tokens.push(token);
    if (token.kind === 'unclear') return tokens;
  }
  return tokens;
}

type Take = (pattern: RegExp) => string | null;

function isLineComment(dialect: Dialect, take: Take): boolean {
  // To MySQL two hyphens are one only before a blank.
  if (dialect === 'mysql') return take(/--(?=\s|$)[^\n]*/y) !== null || take(/#[^\n]*/y) !== null;
  return take(COMMON.line) !== null;
}

/** Behind the comment; those of PostgreSQL nest. Null where it has no end, or is one that MySQL runs. */
function commentEnd(text: string, start: number, dialect: Dialect): number | null {
  if (dialect === 'mysql' && /^\/\*M?!/.test(text.slice(start, start + 4))) return null;
  let depth = 0;
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '*/') depth--;
    else if (dialect === 'postgresql' || depth === 0) depth++;
    if (depth === 0) return marks.lastIndex;
  }
  return null;
}

function tokenAt(text: string, dialect: Dialect, { take, at }: { take: Take; at: number }): Token | null {
  const first = text[at]!;
  if (first === "'") return quoted(take(dialect === 'mysql' ? ESCAPED_TEXT : TEXT));
  if (first === '"') return quoted(take(dialect === 'mysql' ? ESCAPED_NAME : COMMON.name));
  if (first === '`' && dialect !== 'postgresql') return quoted(take(BACKTICKS));
  if (first === '[' && dialect === 'sqlite') return quoted(take(BRACKETS));
  if (first === '$' && dialect === 'postgresql') return dollar(text, take);
  if (first === '\\') return { kind: 'meta', text: take(META)! };
  if (take(COMMON.number) !== null) return { kind: 'quoted' };
  const word = take(COMMON.word)?.toLowerCase();
  if (word === undefined) return null;
  // `E'…'` has escapes; `U&'…'`, `X'…'`, `B'…'` have none.
  const next = text[at + word.length];
  if (word === 'e' && next === "'" && dialect === 'postgresql') return quoted(take(ESCAPED_TEXT));
  return { kind: 'word', text: word };
}

function quoted(found: string | null): Token {
  return found === null ? { kind: 'unclear' } : { kind: 'quoted' };
}

/** `$tag$ … $tag$`; a parameter `$1` otherwise. */
function dollar(text: string, take: Take): Token | null {
  const tag = take(DOLLAR);
  if (tag === null) return null;
  const body = new RegExp(`[\\s\\S]*?${tag.replaceAll('$', '\\$')}`, 'y');
  return text.includes(tag) && take(body) !== null ? { kind: 'quoted' } : { kind: 'unclear' };
}
