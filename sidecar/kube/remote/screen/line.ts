/** What is about to be accepted, as a command line; and what the screen cannot tell of it. Pure. */
import type { Unknown } from '../../../action.ts';

/** What the screen shows of an input line, and how it came there. */
export interface Sight {
  /** What stands in front of the line; null where the place is not there any more. */
  prompt: string | null;
  /** From the end of the prompt on; else the whole line that the cursor is on. */
  text: string;
  alternate: boolean;
  /** Nothing, or something else, was shown of what was typed. */
  echo: 'shown' | 'differs' | 'none';
  behind: boolean;
  below: boolean;
  pastedLines: boolean;
  /** It came in one piece with another line. */
  together: boolean;
  /** What stood on the line before anybody looked. */
  unseen: boolean;
}

export interface Line {
  text: string;
  /** It goes on with the line before. */
  continues: boolean;
  unknown: Unknown[];
}

/** Prompts end so: of shells, in their usual settings and a few popular ones. */
const PROMPT = /[$#%❯➜»λ]\s*$/u;
/** `> `, zsh's `quote> ` and the like. */
const CONTINUATION = /^((\w+ )*\w+)?> ?$/;
const SEARCH = /^\((?:failed )?(?:reverse-)?i-search\)`.*?': ?(.*)$/s;
const HISTORY = /(?:^|[^\\'])!(?:[^\s=(]|$)|^\^/m;

/** Whether the shell shows that it searches its history for what was typed. */
export function isSearchFor(typed: string, shown: string): boolean {
  return /i-search\b/.test(shown) && shown.includes(typed);
}

export function readLine(sight: Sight): Line {
  if (sight.alternate) return unreadable('a full-screen program has the screen');
  if (sight.echo === 'none') return unreadable('what was typed was not shown');
  const { text, why, continues } = commandIn(sight);
  const reasons = [...why, ...doubts(sight)];
  if (HISTORY.test(text)) reasons.push('the shell may put something from its history in');
  return { text, continues, unknown: reasons.map((reason) => unknown(reason, text)) };
}

interface Command {
  text: string;
  why: string[];
  continues: boolean;
}

function commandIn({ prompt, text }: Sight): Command {
  const found = SEARCH.exec(text);
  if (found !== null)
    return { text: found[1]!, why: ['a search in the history is accepted'], continues: false };
  if (prompt === null) {
    const rest = text.replace(/^.*?[$#%❯➜»λ>]\s/u, '');
    return { text: rest, why: ['the prompt is not where it was'], continues: false };
  }
  if (PROMPT.test(prompt)) return { text, why: [], continues: false };
  if (CONTINUATION.test(prompt.trimStart()))
    return { text, why: ['it goes on with a line before, or belongs to no shell'], continues: true };
  return { text, why: ['the prompt is not one of a shell'], continues: false };
}

function doubts({ echo, behind, below, pastedLines, together, unseen }: Sight): string[] {
  return [
    ...(echo === 'differs' ? ['what is shown is not what was typed'] : []),
    ...(behind ? ['there is text behind the cursor that was not typed'] : []),
    ...(below ? ['there is text below the line'] : []),
    ...(pastedLines ? ['several lines were pasted'] : []),
    ...(together ? ['several lines came in one piece'] : []),
    ...(unseen ? ['what stood on the line before is not known'] : []),
  ];
}

function unreadable(reason: string): Line {
  return { text: '', continues: false, unknown: [unknown(reason, '')] };
}

function unknown(message: string, text: string): Unknown {
  return { code: 'unreadable-line', message, text: text.slice(0, 240) };
}
