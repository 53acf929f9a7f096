/**
 * Text from a session, made safe to look at: what a terminal or a browser would hide or reorder becomes a
 * visible mark. https://www.unicode.org/reports/tr36/ , https://trojansource.codes
 */

/** Plain text, or a mark that stands for one hidden character. */
export type Part = { text: string } | { mark: string; name: string };

/**
 * Controls, format characters (bidi, zero width, tags), line and paragraph separators, lone surrogates;
 * every other character that is drawn as nothing; spaces that the shell takes for letters.
 * https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
 */
const HIDDEN = /(?! )[\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Makes the character before it an emoji. */
const EMOJI_STYLE = '\ufe0f';
const COMBINING = /\p{M}/u;
/** More marks than any language puts on a letter: piled up they cover what stands around them. UTS 39, 5.4. */
const MOST_COMBINING = 4;

const MARKS: Record<string, string> = { '\n': '⏎', '\t': '⇥', '\u007f': '␡' };

/** Splits `text` into plain parts and marks. At most `limit` characters are shown; the rest is counted. */
export function visible(text: string, limit = 4000): Part[] {
  const parts: Part[] = [];
  let plain = '';
  let combining = 0;
  let before = '';
  const flush = () => {
    if (plain !== '') parts.push({ text: plain });
    plain = '';
  };
  const shown = cut(text, limit);
  for (const character of shown) {
    combining = COMBINING.test(character) ? combining + 1 : 0;
    const inked = isEmoji(before, character) || !(HIDDEN.test(character) || combining > MOST_COMBINING);
    before = character;
    if (inked) {
      plain += character;
      continue;
    }
    flush();
    parts.push({ mark: markOf(character), name: nameOf(character) });
  }
  flush();
  const rest = text.length - shown.length;
  if (rest > 0) parts.push({ mark: '…', name: `${rest} more characters` });
  return parts;
}

/** The same as one string, for places that take no markup: titles, labels. */
export function visibleText(text: string, limit?: number): string {
  return visible(text, limit)
    .map((part) => ('text' in part ? part.text : part.mark))
    .join('');
}

/** The first `limit` UTF-16 units, or one more where that would halve a character. */
function cut(text: string, limit: number): string {
  const halved = /[\ud800-\udbff]$/.test(text.slice(0, limit)) && /[\udc00-\udfff]/.test(text.charAt(limit));
  return text.slice(0, halved ? limit + 1 : limit);
}

function isEmoji(before: string, character: string): boolean {
  return character === EMOJI_STYLE && /\p{Emoji}/u.test(before);
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
