/**
 * Where a script that is still coming in can be cut: at the end of a line, between two complete statements. Pure.
 *
 * A shell that reads its script from a pipe runs each statement as soon as the line it ends on is there, so a script can
 * be judged and handed over the same way.
 */
import { type ParsedScript, parse } from 'unbash';

/** A command that nobody writes; it is looked for at one place only. */
const SENTINEL = 'chaperone_end_of_statement';

/**
 * The complete statements at the beginning of `text`, each with the line ends and comments that follow it; statements
 * that share a line are one. `rest` is what may go on in text that has not come yet, or an unfinished line.
 */
export function splitStatements(text: string): { complete: string[]; rest: string } {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1);
  for (const end of candidates(lines)) {
    const script = completeScript(lines.slice(0, end));
    if (script !== null) return { complete: cut(lines.slice(0, end), script), rest: text.slice(end) };
  }
  return { complete: [], rest: text };
}

/** How many unfinished statements may stand at the end: an error can make the parser see a second one. */
const TRIES = 4;

/** Ends of complete statements to try, the farthest first. */
function candidates(lines: string): number[] {
  if (lines === '') return [];
  const starts = lineStarts(lines, tryParse(lines)).filter((start) => start > 0);
  return [lines.length, ...starts.slice(-TRIES).reverse()];
}

/** The tree of `text`, if nothing in it waits for more: then what follows it stands at the top. */
function completeScript(text: string): ParsedScript | null {
  const script = tryParse(`${text}${SENTINEL}\n`);
  if (script === null || (script.errors ?? []).length > 0) return null;
  const last = script.commands.at(-1);
  const follows = last?.pos === text.length && last.command.type === 'Command';
  return follows ? script : null;
}

/** Deep nesting exhausts the parser's stack. */
function tryParse(text: string): ParsedScript | null {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

function cut(text: string, script: ParsedScript): string[] {
  const [, ...starts] = lineStarts(text, script);
  const ends = [...starts, text.length];
  const pieces = ends.map((end, index) => text.slice(index === 0 ? 0 : ends[index - 1], end));
  return pieces.filter((piece) => piece !== '');
}

/** Beginnings of the lines on which a statement begins that is the first on its line, and ends on none before. */
function lineStarts(text: string, script: ParsedScript | null): number[] {
  const starts: number[] = [];
  let before = 0;
  for (const { pos, end } of script?.commands ?? []) {
    const start = text.lastIndexOf('\n', pos - 1) + 1;
    if (pos < text.length && (starts.length === 0 || start >= before))
      starts.push(starts.length === 0 ? 0 : start);
    before = Math.max(before, end);
  }
  return starts;
}
