/**
 * JSON with the places of its values in the text, so that one of them can be replaced and every other byte stays what
 * it was: no number is rounded, no member reordered. Pure. https://www.rfc-editor.org/rfc/rfc8259
 */
import { ChaperoneError } from '../../recorder/errors.ts';

/** From `start` to before `end` in the text. */
export type JsonNode =
  | { kind: 'object'; start: number; end: number; members: readonly JsonMember[] }
  | { kind: 'array'; start: number; end: number; items: readonly JsonNode[] }
  | { kind: 'string'; start: number; end: number }
  /** A number or a truth value. */
  | { kind: 'scalar'; start: number; end: number }
  | { kind: 'null'; start: number; end: number };

/** A name that stands twice is there twice. */
export interface JsonMember {
  name: string;
  value: JsonNode;
}

const MAX_DEPTH = 200;
const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;

/** @throws ChaperoneError `EVENT_INVALID` where it is not JSON, or nested too deep */
export function parseJsonText(text: string): JsonNode {
  const reader = new Reader(text);
  return reader.whole();
}

export function stringAt(text: string, { start, end }: JsonNode): string {
  return JSON.parse(text.slice(start, end)) as string;
}

/** The values of a member; all of them where its name stands more than once. */
export function membersOf(node: JsonNode, name: string): JsonNode[] {
  if (node.kind !== 'object') return [];
  return node.members.filter((member) => member.name === name).map(({ value }) => value);
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): JsonNode {
    const node = this.#value(0);
    this.#space();
    if (this.#at !== this.#text.length) throw broken();
    return node;
  }

  #value(depth: number): JsonNode {
    if (depth > MAX_DEPTH) throw broken();
    this.#space();
    const start = this.#at;
    switch (this.#text[start]) {
      case '{':
        return this.#object(start, depth);
      case '[':
        return this.#array(start, depth);
      case '"':
        this.#take(STRING);
        return { kind: 'string', start, end: this.#at };
      default: {
        const kind = this.#take(SCALAR) === 'null' ? 'null' : 'scalar';
        return { kind, start, end: this.#at };
      }
    }
  }

  #object(start: number, depth: number): JsonNode {
    const members: JsonMember[] = [];
    this.#at++;
    for (let first = true; !this.#closes('}', first); first = false) {
      this.#space();
      const name = this.#take(STRING);
      this.#space();
      this.#expect(':');
      members.push({ name: JSON.parse(name) as string, value: this.#value(depth + 1) });
    }
    return { kind: 'object', start, end: this.#at, members };
  }

  #array(start: number, depth: number): JsonNode {
    const items: JsonNode[] = [];
    this.#at++;
    for (let first = true; !this.#closes(']', first); first = false) items.push(this.#value(depth + 1));
    return { kind: 'array', start, end: this.#at, items };
  }

  /** Passes what closes, or the comma in front of the next one. */
  #closes(mark: string, first: boolean): boolean {
    this.#space();
    if (this.#text[this.#at] === mark) {
      this.#at++;
      return true;
    }
    if (!first) this.#expect(',');
    return false;
  }

  #expect(mark: string): void {
    if (this.#text[this.#at] !== mark) throw broken();
    this.#at++;
  }

  #space(): void {
    this.#take(SPACE);
  }

  #take(token: RegExp): string {
    token.lastIndex = this.#at;
    const [found] = token.exec(this.#text) ?? [];
    if (found === undefined) throw broken();
    this.#at += found.length;
    return found;
  }
}

function broken(): ChaperoneError {
  return new ChaperoneError('EVENT_INVALID', 'what has to be masked is not JSON that can be read');
}
