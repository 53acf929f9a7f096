/** Finds text in the output of a session: what a person read, not the bytes around it. */
import type { Micros } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import type { SessionSummary, StoredEvent } from '../log/ports.ts';
import { OutputLines } from './text.ts';
import type { TextLine } from './textlines.ts';

/** A line that contains what was sought. */
export interface Match {
  /** When the line was as it is here, in microseconds since the session's start: a player can jump there. */
  at: Micros;
  /** The part of the line around the first match. */
  line: string;
  /** Where the matches are in `line`, in UTF-16 units; `to` is exclusive. Without overlap, in order, at least one. */
  matches: { from: number; to: number }[];
}

export interface SearchOptions {
  /** Lines at most; default 200. */
  limit?: number;
  /** The longest `line`, default 200 UTF-16 units; a match that is longer is not cut. */
  snippet?: number;
}

export const MAX_QUERY = 256;

/**
 * The lines of the output that contain `query`, in any case, as far as `limit` allows; stops reading there.
 * @throws ChaperoneError `USAGE` for an empty query or one beyond MAX_QUERY
 */
export async function* searchOutput(
  summary: SessionSummary,
  events: AsyncIterable<StoredEvent> | Iterable<StoredEvent>,
  query: string,
  { limit = 200, snippet = 200 }: SearchOptions = {},
): AsyncGenerator<Match, void, undefined> {
  const find = finder(query, snippet);
  const output = new OutputLines(summary);
  let left = limit;
  for await (const stored of events) {
    for (const match of find(output.of(stored))) {
      if (left-- <= 0) return;
      yield match;
    }
  }
  for (const match of find(output.end())) {
    if (left-- <= 0) return;
    yield match;
  }
}

/** Looks through lines as they come; a match may begin in one that was too long and end in its continuation. */
function finder(query: string, snippet: number): (lines: readonly TextLine[]) => Generator<Match> {
  if (query.trim() === '' || query.length > MAX_QUERY) {
    throw new ChaperoneError('USAGE', `a search needs 1 to ${MAX_QUERY} characters to look for`);
  }
  // a regular expression of nothing but literals: its time is linear, and unlike toLowerCase it keeps offsets
  const literal = query.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const [once, all] = [new RegExp(literal, 'iu'), new RegExp(literal, 'giu')];
  let carried = '';
  return function* find(lines) {
    // most lines hold nothing: one look at all of them costs a tenth of a look at each
    const nothing = !once.test(
      carried + lines.map((line) => (line.continues ? line.text : `${line.text}\n`)).join(''),
    );
    for (const line of nothing ? lines.slice(-1) : lines) {
      const text = carried + line.text;
      const matches = nothing ? [] : Array.from(text.matchAll(all), spanOf);
      // what is carried is shorter than the query: nothing is found twice
      const rest = Math.max(matches.at(-1)?.to ?? 0, text.length - query.length + 1);
      carried = line.continues ? text.slice(rest) : '';
      if (matches.length > 0) yield { at: line.at, ...clip(text, matches, snippet) };
    }
  };
}

function spanOf({ index, 0: { length } }: RegExpExecArray): { from: number; to: number } {
  return { from: index, to: index + length };
}

/** The part of `text` around the first of `matches`, and those that lie in it. */
function clip(text: string, matches: Match['matches'], length: number): Pick<Match, 'line' | 'matches'> {
  const first = matches[0]!;
  const room = Math.max(length, first.to - first.from);
  const before = Math.floor((room - (first.to - first.from)) / 3);
  const from = wholeCharacter(text, Math.max(0, Math.min(first.from - before, text.length - room)));
  const to = wholeCharacter(text, Math.min(text.length, Math.max(from + room, first.to)));
  return {
    line: text.slice(from, to),
    matches: matches
      .filter((match) => match.to <= to)
      .map((match) => ({ from: match.from - from, to: match.to - from })),
  };
}

/** `index`, or the one before it where it would split a character. */
function wholeCharacter(text: string, index: number): number {
  const splits = index > 0 && index < text.length && (text.charCodeAt(index) & 0xfc00) === 0xdc00;
  return splits ? index - 1 : index;
}
