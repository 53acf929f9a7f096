/** What a command prints, where its words alone say so: for `echo … | sh` and `base64 -d <<< … | sh`. */
import type { Word } from '../words/fields.ts';

export const PRINTS: ReadonlySet<string> = new Set(['echo', 'printf', 'cat', 'base64']);

/** @param input what it reads, null where unknown. @returns the text, null where it is not known. */
export function printed(program: string, words: readonly Word[], input: string | null): string | null {
  const text = output(program, words, input);
  // What reads it may leave a NUL out, or end there.
  return text?.includes('\0') ? null : text;
}

function output(program: string, words: readonly Word[], input: string | null): string | null {
  if (!PRINTS.has(program)) return null;
  const operands: string[] = [];
  for (const word of words.slice(1)) {
    if (word.value === null || word.glob) return null;
    operands.push(word.value);
  }
  switch (program) {
    case 'echo':
      return echoed(operands);
    case 'printf':
      return formatted(operands);
    case 'cat':
      return operands.length === 0 || (operands.length === 1 && operands[0] === '-') ? input : null;
    case 'base64':
      return decodes(operands) && input !== null ? decodedBase64(input) : null;
    default:
      return null;
  }
}

function decodes(operands: readonly string[]): boolean {
  return operands.length === 1 && /^(-[dD]|--d(e(c(o(de?)?)?)?)?)$/.test(operands[0]!);
}

/** Whole groups only: base64 and Node go on differently after one that ends early or a character that is none. */
function decodedBase64(input: string): string | null {
  const digits = input.replaceAll('\n', '');
  const whole = /^[A-Za-z0-9+/]*={0,2}$/.test(digits) && digits.length % 4 === 0;
  return whole ? Buffer.from(digits, 'base64').toString() : null;
}

function echoed(operands: readonly string[]): string | null {
  let start = 0;
  let escapes = false;
  let newline = '\n';
  for (; /^-[neE]+$/.test(operands[start] ?? ''); start++) {
    if (operands[start]!.includes('n')) newline = '';
    if (operands[start]!.includes('e')) escapes = true;
  }
  const text = operands.slice(start).join(' ');
  if (!text.includes('\\')) return text + newline;
  // Whether echo takes a backslash for itself without -e differs from shell to shell.
  return escapes ? unescaped(text, ECHO_ESCAPE, newline) : null;
}

function formatted(operands: readonly string[]): string | null {
  const [format, ...values] = operands[0] === '--' ? operands.slice(1) : operands;
  if (format === undefined || format.startsWith('-')) return null;
  const plain = unescaped(format, FORMAT_ESCAPE, '');
  if (plain === null) return null;
  const slots = plain.match(/%[%a-zA-Z]?/g) ?? [];
  if (slots.some((slot) => slot !== '%s' && slot !== '%%')) return null;
  const each = slots.filter((slot) => slot === '%s').length;
  let text = '';
  let used = 0;
  do {
    text += plain.replace(/%[s%]/g, (slot) => (slot === '%%' ? '%' : (values[used++] ?? '')));
  } while (each > 0 && used < values.length);
  return text;
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', '\\': '\\', '"': '"', "'": "'" };

/** An octal number is `\0162` to echo, and `\162` in a format of printf. */
const ECHO_ESCAPE = /\\(x[0-9A-Fa-f]{1,2}|0[0-7]{0,3}|.|$)/gs;
const FORMAT_ESCAPE = /\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.|$)/gs;

/** The common escapes; null where another one is met. */
function unescaped(text: string, grammar: RegExp, end: string): string | null {
  let known = true;
  const out = text.replace(grammar, (_, code: string) => {
    if (code.length > 1 && code.startsWith('x'))
      return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (/^0[0-7]*$/.test(code) || (grammar === FORMAT_ESCAPE && /^[0-7]+$/.test(code)))
      return String.fromCharCode(Number.parseInt(code, 8) & 255);
    known &&= code in ESCAPES;
    return ESCAPES[code] ?? '';
  });
  return known ? out + end : null;
}
