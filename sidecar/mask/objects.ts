/**
 * Masks chosen values of API objects in their JSON text. Every other byte stays what it was. Pure.
 *
 * An object comes alone, in a list (`items`), in a watch event (`object`) or in the rows of a Table; with the last
 * applied configuration of `kubectl apply` in an annotation, which is an object again; as a patch that looks like it,
 * or as a JSON patch. What managedFields say are names of fields; a value among them is found like any copy of one.
 */

import { formsOf } from './forms.ts';
import { type JsonNode, membersOf, parseJsonText, stringAt } from './json-text.ts';
import { Known, type KnownValue } from './known.ts';
import type { Marker, View } from './marker.ts';
import type { Segment } from './path.ts';
import { leads, tokensOf } from './pointer.ts';
import type { MaskRule } from './rules.ts';

/** Both views of a text, and the values that were masked in it. */
export interface MaskedText {
  record: string;
  agent: string;
  values: KnownValue[];
}

export interface MaskOptions {
  rules: readonly MaskRule[];
  marker: Marker;
  /** Shorter values are masked where they stand, and not looked for elsewhere. */
  minLength: number;
}

/** An annotation in the object in an annotation is nothing that anybody makes. */
const MAX_NESTED = 3;

/** @throws ChaperoneError `EVENT_INVALID` where it is not JSON */
export function maskText(text: string, options: MaskOptions): MaskedText {
  return new Masking(text, options, 0).done(parseJsonText(text));
}

interface Edit {
  node: JsonNode;
  record: string | null;
  agent: string | null;
}

class Masking {
  readonly #text: string;
  readonly #options: MaskOptions;
  readonly #depth: number;
  readonly #edits = new Map<number, Edit>();
  readonly #values: KnownValue[] = [];

  constructor(text: string, options: MaskOptions, depth: number) {
    this.#text = text;
    this.#options = options;
    this.#depth = depth;
  }

  done(root: JsonNode): MaskedText {
    if (root.kind === 'array') for (const operation of root.items) this.#operation(operation);
    else for (const object of objectsIn(root)) this.#object(object);
    const view = (name: View) => this.#withoutCopies(this.#applied(name), name);
    return { record: view('record'), agent: view('agent'), values: this.#values };
  }

  #object(object: JsonNode): void {
    for (const rule of this.#options.rules) if (this.#isOf(object, rule)) this.#select(object, rule, 0);
  }

  #isOf(object: JsonNode, { types }: MaskRule): boolean {
    if (types === undefined) return true;
    return membersOf(object, 'type').some(
      (type) => type.kind === 'string' && types.has(stringAt(this.#text, type)),
    );
  }

  /** https://www.rfc-editor.org/rfc/rfc6902#section-4 */
  #operation(operation: JsonNode): void {
    const paths = membersOf(operation, 'path').filter(({ kind }) => kind === 'string');
    const values = membersOf(operation, 'value');
    for (const path of paths) {
      const names = tokensOf(stringAt(this.#text, path));
      for (const rule of this.#options.rules.filter(
        (rule) => rule.types === undefined && leads(rule.segments, names),
      )) {
        const place = Math.min(names.length, rule.segments.length);
        for (const value of values) this.#select(value, rule, place);
      }
    }
  }

  #select(node: JsonNode, rule: MaskRule, place: number): void {
    const segment = rule.segments[place];
    if (segment === undefined) this.#below(node, rule);
    else for (const child of this.#children(node, segment)) this.#select(child, rule, place + 1);
  }

  #children(node: JsonNode, segment: Segment): readonly JsonNode[] {
    switch (segment.kind) {
      case 'member':
        return membersOf(node, segment.name);
      case 'members':
        return node.kind === 'object' ? node.members.map(({ value }) => value) : [];
      case 'elements':
        return node.kind === 'array' ? node.items : [];
      case 'matching':
        return node.kind === 'array' ? node.items.filter((item) => this.#matches(item, segment)) : [];
    }
  }

  #matches(item: JsonNode, { name, matches }: Extract<Segment, { kind: 'matching' }>): boolean {
    const texts = membersOf(item, name);
    return (
      texts.length === 0 ||
      texts.some((text) => text.kind !== 'string' || matches(stringAt(this.#text, text)))
    );
  }

  #below(node: JsonNode, rule: MaskRule): void {
    switch (node.kind) {
      case 'object':
        for (const { value } of node.members) this.#below(value, rule);
        return;
      case 'array':
        for (const item of node.items) this.#below(item, rule);
        return;
      case 'string':
        if (rule.written === 'object') this.#nested(node, rule);
        else this.#value(node, rule);
        return;
      case 'scalar':
        this.#value(node, rule);
        return;
      case 'null':
        return;
    }
  }

  #value(node: JsonNode, { written, record, agent }: MaskRule): void {
    const text = node.kind === 'string' ? stringAt(this.#text, node) : this.#text.slice(node.start, node.end);
    if (text === '') return;
    const encoded = written === 'base64' && isBase64(text);
    const bytes = Buffer.from(text, encoded ? 'base64' : 'utf8');
    this.#values.push({ bytes, record, agent });
    const mask = (view: View) => {
      const plain = this.#options.marker.mask(bytes, view);
      return JSON.stringify(written === 'base64' ? Buffer.from(plain).toString('base64') : plain);
    };
    this.#edit(node, { record: record ? mask('record') : null, agent: agent ? mask('agent') : null });
  }

  #nested(node: JsonNode, rule: MaskRule): void {
    const text = stringAt(this.#text, node);
    const { record, agent, values } = this.#inside(text, rule);
    this.#values.push(...values);
    const changed = (view: string) => (view === text ? null : JSON.stringify(view));
    this.#edit(node, { record: changed(record), agent: changed(agent) });
  }

  /** What cannot be read as an object is masked as a whole. */
  #inside(text: string, rule: MaskRule): MaskedText {
    try {
      if (this.#depth < MAX_NESTED) {
        return new Masking(text, this.#options, this.#depth + 1).done(parseJsonText(text));
      }
    } catch {}
    const view = (name: View) => (rule[name] ? this.#options.marker.mask(Buffer.from(text), name) : text);
    return { record: view('record'), agent: view('agent'), values: [] };
  }

  #edit(node: JsonNode, { record, agent }: Pick<Edit, View>): void {
    const before = this.#edits.get(node.start);
    const edit = { node, record: record ?? before?.record ?? null, agent: agent ?? before?.agent ?? null };
    this.#edits.set(node.start, edit);
  }

  /** The same values wherever else in the text they stand. */
  #withoutCopies(text: string, view: View): string {
    const values = this.#values.filter((one) => one[view] && one.bytes.length >= this.#options.minLength);
    const bytes = Buffer.from(text);
    if (!values.some(({ bytes: value }) => turnsUp(value, bytes))) return text;
    const known = new Known(values, this.#options.marker);
    return Buffer.from(known.mask(bytes, 'json')[view]).toString();
  }

  #applied(view: View): string {
    const edits = [...this.#edits.values()].filter((edit) => edit[view] !== null);
    if (edits.length === 0) return this.#text;
    let text = '';
    let done = 0;
    for (const edit of edits.sort((a, b) => a.node.start - b.node.start)) {
      text += this.#text.slice(done, edit.node.start) + edit[view];
      done = edit.node.end;
    }
    return text + this.#text.slice(done);
  }
}

/** Nearly every object holds its values once: an automaton is made only where there is something to find. */
function turnsUp(value: Buffer, text: Buffer): boolean {
  return formsOf(value).some((form) => text.includes(form.bytes));
}

/** What stands in an answer, and the answer itself: an event or a row has an `object`, a list `items`, a Table `rows`. */
function objectsIn(root: JsonNode): JsonNode[] {
  const listed = ['items', 'rows'].flatMap((name) => membersOf(root, name));
  const elements = listed.flatMap((list) => (list.kind === 'array' ? list.items : []));
  return [root, ...[...membersOf(root, 'object'), ...elements].flatMap(objectsIn)];
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
