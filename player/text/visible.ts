/**
 * Text from a session, made safe to look at: what a terminal or a browser would hide or reorder becomes a
 * visible mark. https://www.unicode.org/reports/tr36/ , https://trojansource.codes
 */

/** Plain text, or a mark that stands for one hidden character. */
export type Part = { text: string } | { mark: string; name: string };

/**
 * Controls, format characters (bidi, zero width, tags), line and paragraph separators, lone surrogates;
 * letters and symbols that have no ink; variation selectors but the one that emoji end in.
 */
const HIDDEN =
  /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Cs}|[\u115f\u1160\u3164\uffa0\u2800]|[\ufe00-\ufe0e]|[\u{e0100}-\u{e01ef}]/u;

const MARKS: Record<string, string> = { '\n': '⏎', '\t': '⇥', '\u007f': '␡' };

/** Splits `text` into plain parts and marks. At most `limit` characters are shown; the rest is counted. */
export function visible(text: string, limit = 4000): Part[] {
  const parts: Part[] = [];
  let plain = '';
  const flush = () => {
    if (plain !== '') parts.push({ text: plain });
    plain = '';
  };
  for (const character of text.slice(0, limit)) {
    if (!HIDDEN.test(character)) {
      plain += character;
      continue;
    }
    flush();
    parts.push({ mark: markOf(character), name: nameOf(character) });
  }
  flush();
  if (text.length > limit) parts.push({ mark: '…', name: `${text.length - limit} more characters` });
  return parts;
}

/** The same as one string, for places that take no markup: titles, labels. */
export function visibleText(text: string, limit?: number): string {
  return visible(text, limit)
    .map((part) => ('text' in part ? part.text : part.mark))
    .join('');
}

function markOf(character: string): string {
  const known = MARKS[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0)!;
  // The control pictures block stands for C0, in order.
  return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `⟨${hex(code)}⟩`;
}

function nameOf(character: string): string {
  return `U+${hex(character.codePointAt(0)!)}`;
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0');
}
