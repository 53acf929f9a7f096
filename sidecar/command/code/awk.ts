/** The language of awk, as far as it starts commands and opens files. Pure. */
import type { Opened, OpenedFile } from './sed.ts';

/**
 * `system("…")`, `print | "…"`, `"…" | getline`, `print > "file"`, `getline < "file"`; what is put together from pieces
 * is not known.
 * https://www.gnu.org/software/gawk/manual/html_node/I_002fO-Functions.html
 */
export function readAwk(program: string): Opened {
  const tokens = awkTokens(program);
  return { commands: commandsIn(tokens), files: filesIn(tokens) };
}

function commandsIn(tokens: readonly Token[]): (string | null)[] {
  const found: (string | null)[] = [];
  const literal = (place: number): string | null => {
    const text = tokens[place]?.text ?? null;
    // A connection of gawk's own.
    return text?.startsWith('/inet') ? null : text;
  };
  tokens.forEach(({ sign }, place) => {
    if (sign === 'system') {
      const alone = tokens[place + 1]?.sign === '(' && tokens[place + 3]?.sign === ')';
      found.push(alone ? literal(place + 2) : null);
    } else if (sign === '|') {
      const reads = tokens[place + 1]?.sign === 'getline';
      const whole = reads ? !goesOn(tokens[place - 2], ')') : !goesOn(tokens[place + 2], '(');
      found.push(whole ? literal(reads ? place - 1 : place + 1) : null);
    } else if (sign === '@') found.push(null);
  });
  return found;
}

/** Whether a text beside it is only a piece of what is put together. */
function goesOn(token: Token | undefined, bracket: '(' | ')'): boolean {
  return /^(text|name|\$)$/.test(token?.kind ?? '') || token?.sign === bracket;
}

function filesIn(tokens: readonly Token[]): OpenedFile[] {
  const files: OpenedFile[] = [];
  let depth = 0;
  // A sign of a comparison opens nothing: only behind `print`, outside of brackets, it does, and behind `getline`.
  let printing: number | null = null;
  let reading = false;
  tokens.forEach(({ sign }, place) => {
    if (/^[([{]$/.test(sign)) depth++;
    else if (/^[)\]}]$/.test(sign)) depth--;
    if (/^print/.test(sign)) printing = depth;
    else if (sign === 'getline') reading = true;
    else if (/^[;\n}]$/.test(sign)) [printing, reading] = [null, false];
    else if (sign === '>' && depth === printing && tokens[place + 1]?.sign !== '>') {
      files.push(fileAt(tokens, place + 1, 'writes'));
    } else if (sign === '<' && reading) {
      files.push(fileAt(tokens, place + 1, 'reads'));
      reading = false;
    }
  });
  return files;
}

function fileAt(tokens: readonly Token[], place: number, role: OpenedFile['role']): OpenedFile {
  const text = tokens[place]?.text;
  if (text === undefined) return { role, name: null };
  if (!goesOn(tokens[place + 1], '(')) return { role, name: text };
  return /^[^/]/.test(text) ? { role, name: null, below: true } : { role, name: null };
}

interface Token {
  kind: 'text' | 'name' | 'sign' | '$' | ')';
  sign: string;
  text?: string;
}

const AWK = /\n|[^\S\n]+|#[^\n]*|"((?:[^"\\\n]|\\[\s\S])*)"|[A-Za-z_]\w*|\d[\w.]*|\|\||\|&?|[\s\S]/y;

function awkTokens(program: string): Token[] {
  const tokens: Token[] = [];
  AWK.lastIndex = 0;
  for (let match = AWK.exec(program); match !== null; match = AWK.exec(program)) {
    const [whole, quoted] = match;
    if (quoted !== undefined) {
      const plain = quoted.replace(/\\(["\\/])/g, '$1');
      tokens.push({ kind: 'text', sign: '', ...(!/\\[^"\\/]/.test(quoted) && { text: plain }) });
    } else if (whole === '/' && startsRegex(tokens.at(-1)))
      AWK.lastIndex = endOfRegex(program, AWK.lastIndex);
    else if (/^[A-Za-z_]\w*$/.test(whole))
      tokens.push({
        kind: whole === 'system' || whole === 'getline' || /^print/.test(whole) ? 'sign' : 'name',
        sign: whole,
      });
    else if (whole === '\n' || !/^(\s|#)/.test(whole))
      tokens.push({
        kind: whole === '$' ? '$' : whole === ')' ? ')' : /\d/.test(whole) ? 'name' : 'sign',
        sign: whole === '|&' ? '|' : whole,
      });
  }
  return tokens;
}

function startsRegex(before: Token | undefined): boolean {
  return before === undefined || (before.kind === 'sign' && before.sign !== ']');
}

function endOfRegex(program: string, from: number): number {
  for (let at = from; at < program.length && program[at] !== '\n'; at++) {
    if (program[at] === '\\') at++;
    else if (program[at] === '/') return at + 1;
  }
  // None after all: a division.
  return from;
}
