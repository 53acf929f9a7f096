/**
 * Brace expansion, which bash does first of all and on text alone.
 * https://www.gnu.org/software/bash/manual/html_node/Brace-Expansion.html
 */
import { LIMITS, LimitReached } from '../limits.ts';

/** The words that `{a,b}` and `{1..3}` make of an undecoded word; the word itself where there is none. */
export function expandBraces(word: string): string[] {
  if (word.length > LIMITS.braces) throw new LimitReached('braces');
  const budget = { left: LIMITS.fields };
  return expand(word, budget);
}

function expand(word: string, budget: { left: number }): string[] {
  for (const [open, close] of pairs(word)) {
    const choices = alternatives(word.slice(open + 1, close), budget);
    if (choices === null) continue;
    const before = word.slice(0, open);
    const out: string[] = [];
    const tails = expand(word.slice(close + 1), budget);
    for (const choice of choices) {
      for (const tail of tails) {
        if (--budget.left < 0) throw new LimitReached('fields');
        out.push(before + choice + tail);
      }
    }
    return out;
  }
  return [word];
}

/** What stands between the braces, expanded; null where the braces are not an expansion (`{a}`, `{}`). */
function alternatives(inner: string, budget: { left: number }): string[] | null {
  const parts = splitAtCommas(inner);
  if (parts.length > 1) return parts.flatMap((part) => expand(part, budget));
  const range = /^(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.(-?\d+))?$/.exec(inner);
  if (range === null) {
    const nested = expand(inner, budget);
    return nested.length > 1 ? nested.map((text) => `{${text}}`) : null;
  }
  return sequence(range[1]!, range[2]!, Math.abs(Number(range[3] ?? 1)) || 1);
}

function sequence(from: string, to: string, step: number): string[] | null {
  const numeric = /\d$/.test(from);
  if (numeric !== /\d$/.test(to)) return null;
  const first = numeric ? Number(from) : from.charCodeAt(0);
  const last = numeric ? Number(to) : to.charCodeAt(0);
  if (!(Math.abs(last - first) / step < LIMITS.fields)) throw new LimitReached('fields');
  const padded =
    numeric && /^-?0\d|^-?0$/.test(from.length > 1 ? from : to) ? Math.max(from.length, to.length) : 0;
  const out: string[] = [];
  for (
    let value = first;
    first <= last ? value <= last : value >= last;
    value += first <= last ? step : -step
  ) {
    out.push(numeric ? pad(value, padded) : String.fromCharCode(value));
  }
  return out;
}

function pad(value: number, width: number): string {
  const digits = String(Math.abs(value)).padStart(value < 0 ? width - 1 : width, '0');
  return value < 0 ? `-${digits}` : digits;
}

/** The braces that belong together, in order of the opening one; one pass, whatever is left open. */
function pairs(text: string): [open: number, close: number][] {
  const found: [number, number][] = [];
  const open: number[] = [];
  for (let at = 0; at < text.length; at = skip(text, at)) {
    if (text[at] === '{') open.push(at);
    else if (text[at] === '}' && open.length > 0) found.push([open.pop()!, at]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}

function splitAtCommas(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at = skip(text, at)) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}') depth--;
    else if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

const CLOSERS: Record<string, string> = { "'": "'", '"': '"', '`': '`' };

/** The place after the character at `at`, quoted and substituted text taken as one. */
function skip(text: string, at: number): number {
  const char = text[at]!;
  if (char === '\\') return at + 2;
  if (char === '$' && (text[at + 1] === '{' || text[at + 1] === '(')) return matching(text, at + 1);
  const closer = CLOSERS[char];
  if (closer === undefined) return at + 1;
  const ansi = char === "'" && text[at - 1] === '$';
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === '\\' && (char !== "'" || ansi)) end++;
    else if (text[end] === closer) return end + 1;
  }
  return text.length;
}

/** The place after the bracket that closes the one at `open`. */
function matching(text: string, open: number): number {
  const opener = text[open]!;
  const closer = opener === '{' ? '}' : ')';
  let depth = 0;
  let at = open;
  while (at < text.length) {
    if (text[at] === opener) depth++;
    else if (text[at] === closer && --depth === 0) return at + 1;
    at = text[at] === '$' ? at + 1 : skip(text, at);
  }
  return text.length;
}
