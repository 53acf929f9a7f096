/**
 * Text as the cells of a terminal: a wide character takes two, of which the second is empty; what combines
 * joins the cell before it; a tab is the blanks up to its stop.
 */

const COMBINING = /^[\p{M}\u200b-\u200d\u2060]$/u;

/** East Asian Wide and Fullwidth, and the emoji blocks, in the coarse ranges that terminals agree on (UAX #11). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

export const TAB_STOP = 8;

/** How many cells a character takes: 0, 1 or 2. */
export function widthOf(character: string): 0 | 1 | 2 {
  const code = character.codePointAt(0)!;
  if (code < 0x300) return 1;
  if (COMBINING.test(character)) return 0;
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

export function cellsOf(text: string): string[] {
  const cells: string[] = [];
  for (const character of text) {
    if (character === '\t') {
      do cells.push(' ');
      while (cells.length % TAB_STOP !== 0);
      continue;
    }
    const width = widthOf(character);
    if (width === 0 && cells.length > 0) cells[lastFull(cells, cells.length)] += character;
    else cells.push(character);
    if (width === 2) cells.push('');
  }
  return cells;
}

/** The cell before `end` in which a character stands, so that what combines with it can join. */
export function lastFull(cells: readonly string[], end: number): number {
  const at = end - 1;
  return at > 0 && cells[at] === '' ? at - 1 : at;
}
