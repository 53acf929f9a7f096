/**
 * JSON as strictly as it can be read: UTF-8, no member twice in an object, not too deep. Parsers disagree on which of
 * two members counts, so what they would disagree on is refused. Pure.
 * https://www.rfc-editor.org/rfc/rfc8259#section-4
 */
import type { Json } from '../../action.ts';
import { Unfit } from '../refusal.ts';

/** How deep objects and lists may be nested; a CustomResourceDefinition's schema is about thirty deep. */
export const MAX_DEPTH = 200;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws Unfit */
export function parseJson(bytes: Uint8Array): Json {
  const text = decodeText(bytes);
  checkDepth(text);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new Unfit('body-syntax', 'the body is not JSON');
  }
  checkMembers(text);
  return value;
}

/** @throws Unfit */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Unfit('body-syntax', 'the body is not UTF-8');
  }
}

/** Strings, and what opens and closes. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs;

/** Before anything recursive sees the text. */
function checkDepth(text: string): void {
  let depth = 0;
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    if (depth > MAX_DEPTH) throw new Unfit('body-depth', `the body is nested deeper than ${MAX_DEPTH}`);
  }
}

/** A string that is followed by a colon is a member's name; the text is known to be JSON. */
const MEMBERS = /"((?:[^"\\]|\\.)*)"(\s*:)?|[{}]/gs;

function checkMembers(text: string): void {
  const open: Set<string>[] = [];
  for (const [token, raw, colon] of text.matchAll(MEMBERS)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (colon !== undefined) {
      const name = raw!.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw!;
      const known = open.at(-1)!;
      if (known.has(name) || !name.isWellFormed()) {
        throw new Unfit(
          'body-duplicate',
          `the member ${JSON.stringify(name.slice(0, 64))} stands twice in one object`,
        );
      }
      known.add(name);
    }
  }
}
