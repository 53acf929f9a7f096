/**
 * Bounds on the work that one line can cause. Whatever exceeds one is `unknown`, so that a long or deep
 * input is never a way past the policy.
 */
export const LIMITS = {
  /** UTF-16 units in a line or script. */
  source: 64 * 1024,
  /** UTF-16 units given to the parser for one line: nested scripts are parsed once for each level. */
  work: 160 * 1024,
  /** Here-documents in one script: the parser's time grows with their square. */
  heredocs: 256,
  /** Path globs that one `find` may reach. */
  reach: 64,
  /** Files of one command that are looked at by the name that they get where they arrive. */
  named: 256,
  /** Directories that one command is told to go to, or to unpack into. */
  directories: 32,
  /** UTF-16 units of a variable's value that is remembered. */
  value: 1024,
  /** Scripts inside scripts: substitutions, `bash -c`, `eval`, and compound commands. */
  depth: 64,
  /** Brackets open at once in one word. */
  nesting: 64,
  /** Of `((` in one script, those open at once: at each the parser looks to the end whether it is arithmetic. */
  doubled: 16,
  /** Simple commands found in one line. */
  commands: 2048,
  /** Paths that the commands of one line touch, as far as rules are asked of them. */
  touches: 2048,
  /** Requests to an API, and hosts, that the commands of one line come to. */
  requests: 1024,
  hosts: 1024,
  /** Words that brace expansion and field splitting may make of one word. */
  fields: 1024,
  /** Characters of a word with braces to expand. */
  braces: 1024,
  /** Ranges of commands whose output one word may hold. */
  sources: 256,
  /** Words in one line after expansion. */
  words: 20_480,
  /** Characters of a text that is shown with a command or an unknown part. */
  shown: 240,
} as const;

/** Raised inside the analysis only; it comes out as `unknown('limit')`. */
export class LimitReached extends Error {
  constructor(what: keyof typeof LIMITS) {
    super(`more than ${LIMITS[what]} ${what}`);
  }
}

/** As much of a script as may be parsed: all of it, as a rule. One pass. */
export function parseable(text: string): string {
  let end = Math.min(text.length, LIMITS.source);
  let at = -1;
  for (let count = 0; count <= LIMITS.heredocs; count++) {
    at = text.indexOf('<<', at + 1);
    if (at < 0) break;
    if (count === LIMITS.heredocs) end = Math.min(end, at);
  }
  end = Math.min(end, tooManyDoubled(text));
  return end === text.length ? text : text.slice(0, end);
}

/** A comment, as far as that is told without parsing: it follows a blank, and no quotes stand before it in its line. */
const COMMENT = /^[^'"`#\\\n]*(?<![^\s;|&()])#.*$/gm;

/** Where one `((` too many opens; infinite where none does. Those in quotes count as well: nobody writes so many. Few passes. */
function tooManyDoubled(text: string): number {
  const at = firstTooMany(text);
  if (at === Number.POSITIVE_INFINITY || !text.includes('#')) return at;
  return firstTooMany(text.replace(COMMENT, (line) => codeOf(line).padEnd(line.length)));
}

/** What stands before the comment. */
function codeOf(line: string): string {
  return line.slice(0, line.indexOf('#'));
}

function firstTooMany(text: string): number {
  let at = text.indexOf('((');
  if (at < 0) return Number.POSITIVE_INFINITY;
  const open: boolean[] = [];
  let doubled = 0;
  for (; at < text.length; at++) {
    const char = text[at];
    if (char === '(') {
      const follows = text[at - 1] === '(';
      open.push(follows);
      if (follows && ++doubled > LIMITS.doubled) return at;
    } else if (char === ')' && open.pop()) doubled--;
  }
  return Number.POSITIVE_INFINITY;
}

/**
 * True of a text with so many brackets open at once that the parser would take the square of its length for it.
 * Brackets in quotes count as well: nobody writes so many. One pass.
 */
export function isTooDeep(text: string): boolean {
  if (text.length <= LIMITS.nesting) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x28 || char === 0x7b) depth++;
    else if ((char === 0x29 || char === 0x7d) && depth > 0) depth--;
    if (depth > LIMITS.nesting) return true;
  }
  return false;
}

/** A text cut for showing. */
export function shown(text: string): string {
  return text.length <= LIMITS.shown ? text : `${text.slice(0, LIMITS.shown)}…`;
}
