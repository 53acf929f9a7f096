/** From YAML to documents of one kind, checked; every complaint says where. What is not in the schema is an error. */
import {
  type Document,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
} from 'yaml';
import type { z } from 'zod';
import { ChaperoneError } from '../../recorder/errors.ts';

/** Bytes of a file; far more than people write. */
export const MAX_POLICY_BYTES = 1024 * 1024;
/** References to an anchor that one document may resolve. */
const MAX_ALIASES = 100;
/** Documents in one file. */
const MAX_DOCUMENTS = 100;

/** What the documents of a file are. */
export interface Kind<T> {
  /** E.g. `AgentPolicy`. */
  name: string;
  /** Several of them, e.g. `policies`. */
  several: string;
  schema: z.ZodType<T>;
  /** What the schema cannot say. `others` are the documents before it. */
  check?: (value: T, others: readonly T[], complain: Complain) => void;
}

/** Says what is wrong with the value at `path`. */
export type Complain = (path: readonly PropertyKey[], message: string) => void;

export interface ReadDocument<T> {
  value: T;
  /** Where the value at `path` stands in the text; the nearest thing around it if it is missing. */
  placeOf(path: readonly PropertyKey[]): Place;
}

export interface Place {
  line: number;
  column: number;
}

interface Problem extends Place {
  message: string;
}

/**
 * Reads one or more documents.
 * @param source what the text is called in messages
 * @throws ChaperoneError `POLICY_INVALID`: `source:line:column: message`; nothing of an invalid file is used
 */
export function readDocuments<T>(text: string, source: string, kind: Kind<T>): ReadDocument<T>[] {
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES) {
    throw new ChaperoneError('POLICY_INVALID', `${source}:1:1: larger than ${MAX_POLICY_BYTES} bytes`);
  }
  const { read, problems } = readAll(text, kind);
  const [first] = problems.sort((a, b) => a.line - b.line || a.column - b.column);
  if (first === undefined) return read;
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
  throw new ChaperoneError(
    'POLICY_INVALID',
    `${source}:${first.line}:${first.column}: ${first.message}${more}`,
  );
}

function readAll<T>(text: string, kind: Kind<T>): { read: ReadDocument<T>[]; problems: Problem[] } {
  const lines = new LineCounter();
  const reading: Reading<T> = {
    kind,
    read: [],
    problems: [],
    place(offset) {
      const { line, col } = lines.linePos(offset);
      return { line: Math.max(line, 1), column: Math.max(col, 1) };
    },
  };
  const { read, problems } = reading;
  let documents: readonly Document[];
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: lines,
      stringKeys: true,
      version: '1.2',
      uniqueKeys: false,
    });
    documents = Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    return { read, problems: [{ line: 1, column: 1, message: oneLine((error as Error).message) }] };
  }
  const used = documents.filter((document) => !isEmpty(document));
  if (used.length === 0) problems.push({ line: 1, column: 1, message: `there is no ${kind.name} in it` });
  if (used.length > MAX_DOCUMENTS) {
    problems.push({ line: 1, column: 1, message: `more than ${MAX_DOCUMENTS} ${kind.several}` });
    return { read, problems };
  }
  for (const document of used) {
    const value = readDocument(document, reading);
    const placeOf = (path: readonly PropertyKey[]) => reading.place(offsetOf(document, path));
    if (value !== null) read.push({ value, placeOf });
  }
  return { read, problems };
}

/** A `---` with nothing but comments after it. */
function isEmpty({ contents, errors }: Document): boolean {
  if (errors.length > 0) return false;
  return contents === null || (isScalar(contents) && contents.value === null);
}

interface Reading<T> {
  kind: Kind<T>;
  place: (offset: number) => Place;
  problems: Problem[];
  /** What was read so far. */
  read: ReadDocument<T>[];
}

function readDocument<T>(document: Document, reading: Reading<T>): T | null {
  const { kind } = reading;
  const { place, problems } = reading;
  for (const error of [...document.errors, ...document.warnings]) {
    problems.push({ ...place(error.pos[0]), message: oneLine(error.message) });
  }
  if (document.errors.length > 0 || document.warnings.length > 0) return null;
  const refused = refusedNode(document);
  if (refused !== null) {
    problems.push({ ...place(refused.offset), message: refused.message });
    return null;
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    problems.push({ ...place(brokenAlias(document)), message: oneLine((error as Error).message) });
    return null;
  }
  const result = kind.schema.safeParse(value);
  const complain: Complain = (path, message) => {
    problems.push({ ...place(offsetOf(document, path)), message });
  };
  if (!result.success) {
    for (const issue of result.error.issues) {
      if (issue.code !== 'unrecognized_keys') report(issue, complain);
      else
        for (const [offset, message] of unknownKeys(document, issue))
          problems.push({ ...place(offset), message });
    }
    return null;
  }
  const others = reading.read.map((one) => one.value);
  kind.check?.(result.data, others, complain);
  return result.data;
}

/**
 * What the parser lets pass, or spends too long on: a key given twice (its own check takes the square of their
 * number), more aliases than anybody needs, and the older YAML, in which `yes` and `<<` mean something else.
 */
function refusedNode(document: Document): { offset: number; message: string } | null {
  const { yaml } = document.directives ?? {};
  if (yaml?.explicit && yaml.version !== '1.2')
    return { offset: document.range?.[0] ?? 0, message: `YAML ${yaml.version} is not read, only 1.2` };
  let aliases = 0;
  let found: { offset: number; message: string } | null = null;
  const refuse = (node: Node | null | undefined, message: string) => {
    found = { offset: node?.range?.[0] ?? 0, message };
    return visit.BREAK;
  };
  visit(document, {
    Alias: (_, alias) =>
      ++aliases > MAX_ALIASES ? refuse(alias, `more than ${MAX_ALIASES} aliases`) : undefined,
    Map(_, map) {
      const keys = new Set<unknown>();
      for (const { key } of map.items as Pair[]) {
        const name = isScalar(key) ? key.value : undefined;
        if (name !== undefined && keys.has(name)) return refuse(key as Node, 'map keys must be unique');
        keys.add(name);
      }
      return undefined;
    },
  });
  return found;
}

/** Where an alias stands that names nothing; the start of the document for other failures. */
function brokenAlias(document: Document): number {
  let offset = document.range?.[0] ?? 0;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined || !alias.range) return undefined;
      offset = alias.range[0];
      return visit.BREAK;
    },
  });
  return offset;
}

function report(issue: z.core.$ZodIssue, complain: Complain): void {
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const message = missing ? `${issue.path.map(String).join('.')} is missing` : issue.message;
  complain(issue.path, missing ? message : `${where(issue.path)}${lowered(message)}`);
}

/** Each key that is not a field, with its place: one pass, however many there are. */
function unknownKeys(document: Document, issue: z.core.$ZodIssueUnrecognizedKeys): [number, string][] {
  const node = issue.path.length === 0 ? document.contents : document.getIn(issue.path, true);
  const keys = new Set(issue.keys);
  const named = isMap(node)
    ? (node.items as Pair[]).flatMap(({ key }) => (isScalar(key) && keys.has(String(key.value)) ? [key] : []))
    : [];
  // Of a map that is an alias the keys stand elsewhere.
  if (named.length === 0) return [[offsetOf(document, issue.path), absent(issue.keys[0]!)]];
  return named.map((key) => [key.range?.[0] ?? 0, absent(String(key.value))]);
}

function absent(key: string): string {
  return `there is no field ${key} here`;
}

/** Where the value at `path` stands in the text; the nearest thing around it if it is missing. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    const range = (node as Node | undefined)?.range;
    if (range) return range[0];
  }
  return 0;
}

function where(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '' : `${path.map(String).join('.')}: `;
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

/** The parser adds a picture of the place below its first line. */
function oneLine(message: string): string {
  return message.split('\n', 1)[0]!.replace(/ at line \d+, column \d+:?$/, '');
}
