/**
 * The part of a script that is not passed on yet, as bytes, cut at line ends only. Pure.
 *
 * A byte is a character here, so that places in the text are places in the bytes. NULs are left out of the text, as
 * shells leave them out; a line ends where it did.
 */
import { LIMITS, parseable } from '../../../command/limits.ts';
import { splitStatements } from '../../../command/statements.ts';

const NEWLINE = 0x0a;
/** What may close a construct that goes over several lines. */
const CLOSERS = ["'", '"', '`', '}', ')', 'fi', 'done', 'esac'];
/** How often what turns out to be unfinished is parsed. */
const PARSES = 3;
/** Below that, looking again is cheaper than knowing better. */
const WORTH_A_HINT = 2048;

export interface Cut {
  /** Statements that are complete, in order. */
  statements: Buffer[];
  /** Characters that were parsed in vain. */
  work: number;
  /** What is left will not become a statement that can be judged: it is longer than is looked at. */
  overlong: boolean;
}

export class Pending {
  #bytes = Buffer.alloc(0);
  #length = 0;
  /** Length up to the end of the last complete line. */
  #lines = 0;
  /** Length that was looked at in vain. */
  #seen = 0;
  /** What has to come before another look is worth while. */
  #awaited: RegExp | null = null;
  /** Length of what was left when that was thought about last. */
  #considered = 0;

  push(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    const newline = bytes.lastIndexOf(NEWLINE);
    if (newline >= 0) this.#lines = this.#length + newline + 1;
    this.#length += bytes.length;
  }

  get length(): number {
    return this.#length;
  }

  /** Whether there are lines that were not looked at, and may complete a statement. */
  get promising(): boolean {
    if (this.#lines <= this.#seen) return false;
    if (this.#lines > LIMITS.source) return true;
    return this.#awaited === null || this.#awaited.test(this.#textBetween(this.#seen, this.#lines));
  }

  /** Takes the statements that are complete, of as much as is looked at at once. */
  cut(): Cut {
    const window = this.#window();
    const { complete, rest } = splitStatements(window.text);
    const statements = complete.map((statement) => this.take(this.#lengthOfLines(newlinesIn(statement))));
    const overlong = complete.length === 0 && window.full;
    this.#seen = window.full ? 0 : this.#lines;
    const thinking = this.#consider(window.full ? '' : rest);
    return { statements, work: (PARSES + thinking) * rest.length, overlong };
  }

  /** Finds out what `rest` waits for, where that is worth while. Returns how often it was parsed for that. */
  #consider(rest: string): number {
    this.#awaited = null;
    if (rest.length < WORTH_A_HINT) this.#considered = 0;
    else if (rest.length >= 2 * this.#considered) {
      this.#considered = rest.length;
      this.#awaited = awaited(rest);
      return CLOSERS.length;
    }
    return 0;
  }

  /** All that is there counts as not looked at. */
  reconsider(): void {
    this.#seen = 0;
    this.#awaited = null;
  }

  /** Takes whole lines, at most as much as is judged at once; a line that is longer is taken by itself. */
  takeLines(): Buffer {
    const head = this.#bytes.subarray(0, Math.min(this.#lines, LIMITS.source));
    const fits = head.lastIndexOf(NEWLINE) + 1;
    return this.take(fits > 0 ? fits : this.#bytes.subarray(0, this.#lines).indexOf(NEWLINE) + 1);
  }

  /** Takes the first `length` bytes. */
  take(length: number): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
    this.#length -= length;
    this.#lines = Math.max(0, this.#lines - length);
    this.#seen = Math.max(0, this.#seen - length);
    return taken;
  }

  /** `full`: more lines are there than are looked at. */
  #window(): { text: string; full: boolean } {
    const lines = this.#textBetween(0, Math.min(this.#lines, LIMITS.source));
    const head = parseable(lines);
    const text = head.slice(0, head.lastIndexOf('\n') + 1);
    return { text, full: this.#lines > LIMITS.source || head.length < lines.length };
  }

  #textBetween(from: number, to: number): string {
    return this.#bytes.toString('latin1', from, to).replaceAll('\0', '');
  }

  #lengthOfLines(count: number): number {
    let end = 0;
    for (let line = 0; line < count; line += 1) end = this.#bytes.indexOf(NEWLINE, end) + 1;
    return end;
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#length, this.#length + length, 1024));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

function newlinesIn(text: string): number {
  return text.split('\n').length - 1;
}

/**
 * What any text must hold that completes `rest`: if a line of that alone would do, it is what is missing. Null where there
 * is no telling.
 */
function awaited(rest: string): RegExp | null {
  const completes = (closer: string) => splitStatements(`${rest}${closer}\n`).rest === '';
  const delimiters = [...rest.matchAll(/<<-?[ \t]*(['"]?)([\w.-]+)\1/g)].slice(-4).map(([, , word]) => word!);
  const delimiter = delimiters.find(completes);
  if (delimiter !== undefined) return new RegExp(`^\\t*${delimiter.replaceAll('.', '\\.')}$`, 'm');
  const closer = CLOSERS.find(completes);
  return closer === undefined ? null : new RegExp(closer.replace(/[)}]/, '\\$&'));
}
