/**
 * Paths to values in an object, as a policy writes them. Small and strict: what it does not know is an error.
 *
 *     data.password                                          a member of a member
 *     data.*   spec.rules[*].host                            every member, every element
 *     metadata.annotations["example.com/token"]              a name that is no word
 *     spec.containers[*].env[?name=~"(?i).*passw.*"].value   elements whose member is a text (`=`) or matches RE2 (`=~`)
 *
 * A path to an object or a list stands for every value below it. Pure.
 */
import { RE2JS } from 're2js';

export type Segment =
  | { kind: 'member'; name: string }
  | { kind: 'members' }
  | { kind: 'elements' }
  /** Elements without that member are taken too: whether it would match cannot be known. */
  | { kind: 'matching'; name: string; matches: (text: string) => boolean };

const WORD = '[A-Za-z_][A-Za-z0-9_-]*';
const QUOTED = '"(?:[^"\\\\\\u0000-\\u001f]|\\\\.)*"';
const TOKEN = new RegExp(
  `(?<dot>\\.?)(?:(?<word>${WORD})|(?<any>\\*))|\\[(?:(?<all>\\*)|(?<quoted>${QUOTED})|\\?(?<key>${WORD})(?<operator>=~?)(?<operand>${QUOTED}))\\]`,
  'y',
);
const MAX_SEGMENTS = 32;

/** @throws Error with one line that says where it goes wrong */
export function parsePath(source: string): Segment[] {
  const segments: Segment[] = [];
  for (let at = 0; at < source.length; ) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    const groups = match?.groups ?? {};
    const named = groups.word !== undefined || groups.any !== undefined;
    if (match === null || (named && (groups.dot === '.') === (at === 0))) {
      throw new Error(`not a path from ${JSON.stringify(source.slice(at, at + 20))} on`);
    }
    segments.push(segmentOf(groups));
    at += match[0].length;
  }
  if (segments.length === 0 || segments.length > MAX_SEGMENTS) {
    throw new Error(`a path has 1 to ${MAX_SEGMENTS} parts`);
  }
  return segments;
}

function segmentOf(groups: Record<string, string | undefined>): Segment {
  const { word, any, all, quoted, key, operator, operand } = groups;
  if (word !== undefined) return { kind: 'member', name: word };
  if (any !== undefined) return { kind: 'members' };
  if (all !== undefined) return { kind: 'elements' };
  if (quoted !== undefined) return { kind: 'member', name: unquoted(quoted) };
  const wanted = unquoted(operand!);
  return {
    kind: 'matching',
    name: key!,
    matches: operator === '=' ? (text) => text === wanted : regex(wanted),
  };
}

function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw new Error(`not a quoted text: ${text.slice(0, 40)}`);
  }
}

/** Of the whole text, as everywhere in a policy. */
function regex(source: string): (text: string) => boolean {
  try {
    const compiled = RE2JS.compile(source);
    return (text) => compiled.matches(text);
  } catch {
    throw new Error(`not an expression that RE2 understands: ${source.slice(0, 60)}`);
  }
}
