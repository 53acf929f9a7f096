/**
 * Bounds on the work that one line can cause. Whatever exceeds one is `unknown`, so that a long or deep
 * input is never a way past the policy.
 */
export const LIMITS = {
  /** UTF-16 units in a line or script. */
  source: 64 * 1024,
  /** Scripts inside scripts: substitutions, `bash -c`, `eval`, and compound commands. */
  depth: 64,
  /** Simple commands found in one line. */
  commands: 4096,
  /** Words that brace expansion and field splitting may make of one word. */
  fields: 1024,
  /** Characters of a word with braces to expand. */
  braces: 1024,
  /** Ranges of commands whose output one word may hold. */
  sources: 256,
  /** Words in one line after expansion. */
  words: 65_536,
  /** Characters of a text that is shown with a command or an unknown part. */
  shown: 240,
} as const;

/** Raised inside the analysis only; it comes out as `unknown('limit')`. */
export class LimitReached extends Error {
  constructor(what: keyof typeof LIMITS) {
    super(`more than ${LIMITS[what]} ${what}`);
  }
}

/** A text cut for showing. */
export function shown(text: string): string {
  return text.length <= LIMITS.shown ? text : `${text.slice(0, LIMITS.shown)}…`;
}
