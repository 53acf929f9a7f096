/** The language of sed, as far as it starts commands and opens files. Pure. */

/** What a script starts and opens. */
export interface Opened {
  /** Commands that it runs; null for one that only running it tells, or a script that cannot be read. */
  commands: (string | null)[];
  files: OpenedFile[];
}

export interface OpenedFile {
  role: 'reads' | 'writes';
  /** Null where it is computed. */
  name: string | null;
  /** A computed name that does not begin with a slash for certain. */
  below?: true;
}

/**
 * `e command`, `s/…/…/e` (what it runs is in the text: null), `r`, `R`, `w` and `W` with a file, `s/…/…/w file`.
 * https://www.gnu.org/software/sed/manual/html_node/sed-commands-list.html
 */
export function readSed(script: string): Opened {
  const found: Opened = { commands: [], files: [] };
  const { commands } = found;
  let at = 0;
  while (at < script.length) {
    at = skipAddresses(script, at);
    const command = at < 0 ? undefined : script[at++];
    if (command === undefined) {
      if (at < 0) commands.push(null);
      return found;
    }
    if (command === 's' || command === 'y') {
      const close = endOfSubstitution(script, at, command === 's');
      if (close < 0) {
        commands.push(null);
        return found;
      }
      FLAGS.lastIndex = close;
      const flags = FLAGS.exec(script)!;
      if (command === 's' && /^[^w]*e/.test(flags[0])) commands.push(null);
      if (flags[1] !== undefined) opens(found, 'writes', flags[1]);
      at = close + flags[0].length;
    } else if (command === 'e') {
      const line = lineFrom(script, at);
      commands.push(line.trim() === '' ? null : line.trim());
      at += line.length;
    } else if (/[rRwW]/.test(command)) {
      const line = lineFrom(script, at);
      opens(found, /[wW]/.test(command) ? 'writes' : 'reads', line);
      at += line.length;
    } else if (/[aic:btT]/.test(command)) {
      // The rest of the line is a text or a label; of a label a semicolon ends it.
      at += /[:btT]/.test(command) ? /^[^\n;}]*/.exec(script.slice(at))![0].length : textFrom(script, at);
    } else if (!/[{}=dDgGhHlnNpPqQxzFv#;\s]/.test(command)) {
      commands.push(null);
      return found;
    } else if (command === '#') at += lineFrom(script, at).length;
    else if (/[qQlLv]/.test(command)) at += /^[ \w.]*/.exec(script.slice(at, at + 64))![0].length;
  }
  return found;
}

/** Read where it stands: the rest of a long line is looked at only for a file. */
const FLAGS = /[gpIiMme0-9]*(?:w([^\n]*))?/y;

function opens(found: Opened, role: OpenedFile['role'], rest: string): void {
  const name = rest.trimStart();
  if (name !== '') found.files.push({ role, name });
}

function endOfSubstitution(script: string, at: number, pattern: boolean): number {
  const sign = script[at];
  const middle = sign === undefined ? -1 : delimited(script, at + 1, sign, pattern);
  return middle < 0 ? -1 : delimited(script, middle, sign!);
}

/** Over blanks, semicolons, and `1,/x/!`; -1 where an address does not end. */
function skipAddresses(script: string, from: number): number {
  let at = from;
  for (;;) {
    const char = script[at];
    if (char === undefined) return at;
    if (/[\s;,!~+\d$]/.test(char)) at++;
    else if (char === '/' || char === '\\') {
      const sign = char === '/' ? '/' : script[at + 1];
      at = sign === undefined ? -1 : delimited(script, at + (char === '/' ? 1 : 2), sign, true);
      if (at < 0) return -1;
      while (/[IM]/.test(script[at] ?? '')) at++;
    } else return at;
  }
}

/** The place after the next `sign`; in a pattern none within a bracket expression counts. */
function delimited(script: string, from: number, sign: string, pattern = false): number {
  for (let at = from; at < script.length; at++) {
    if (script[at] === '\\') at++;
    else if (pattern && script[at] === '[') at = bracketEnd(script, at);
    else if (script[at] === sign) return at + 1;
  }
  return -1;
}

/** The place of the bracket that closes it; one right after the opening stands for itself. Its own place where none does. */
function bracketEnd(script: string, open: number): number {
  const first = script[open + 1] === '^' ? open + 2 : open + 1;
  const line = lineFrom(script, open);
  const close = line.indexOf(']', first - open + 1);
  return close < 0 ? open : open + close;
}

function lineFrom(script: string, from: number): string {
  const end = script.indexOf('\n', from);
  return script.slice(from, end < 0 ? script.length : end);
}

/** A text goes on over lines that end in a backslash. */
function textFrom(script: string, from: number): number {
  let length = 0;
  for (;;) {
    const line = lineFrom(script, from + length);
    length += line.length + 1;
    if (!line.endsWith('\\') || from + length >= script.length) return Math.min(length, script.length - from);
  }
}
