/** The language of awk, as far as it starts commands and opens files. Pure. */

/**
 * The commands that an awk program runs: `system("…")`, `print | "…"`, `"…" | getline`. Null for one that is not
 * a text of its own.
 * https://www.gnu.org/software/gawk/manual/html_node/I_002fO-Functions.html
 */
export function awkCommands(program: string): (string | null)[] {
  const tokens = awkTokens(program);
  const found: (string | null)[] = [];
  const literal = (place: number): string | null => tokens[place]?.text ?? null;
  tokens.forEach(({ sign }, place) => {
    if (sign === 'system') {
      const alone = tokens[place + 1]?.sign === '(' && tokens[place + 3]?.sign === ')';
      found.push(alone ? literal(place + 2) : null);
    } else if (sign === '|') {
      const reads = tokens[place + 1]?.sign === 'getline';
      // What is put together from pieces has something else than a sign of its own beside it.
      const [text, beside] = reads ? [place - 1, place - 2] : [place + 1, place + 2];
      const whole = !/^(text|name|\$|\))$/.test(tokens[beside]?.kind ?? '');
      found.push(whole ? literal(text) : null);
    } else if (sign === '@') found.push(null);
  });
  return found;
}

interface Token {
  kind: 'text' | 'name' | 'sign' | '$' | ')';
  sign: string;
  text?: string;
}

const AWK = /\s+|#[^\n]*|"((?:[^"\\\n]|\\[\s\S])*)"|[A-Za-z_]\w*|\d[\w.]*|\|\||\|&?|[\s\S]/y;

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
    else if (!/^(\s|#)/.test(whole))
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
