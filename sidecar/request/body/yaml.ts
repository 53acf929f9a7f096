/**
 * YAML 1.2 as strictly as it can be read. What it says goes on as JSON, which YAML includes, so that the server's own
 * reading of YAML (1.1, where `yes` is true) has no say in it. Pure.
 * https://yaml.org/spec/1.2.2/
 */
import { parseDocument } from 'yaml';
import type { Json } from '../../action.ts';
import { Unfit } from '../refusal.ts';
import { decodeText, MAX_DEPTH, parseJson } from './json.ts';

/** References to anchors that one body may make. */
const MAX_ALIASES = 100;
/** Bytes of YAML that is no JSON: people and Helm write it, and it is slow to read. */
export const MAX_YAML = 1024 * 1024;

export interface YamlBody {
  object: Json;
  /** What to forward. */
  bytes: Uint8Array;
}

/** @throws Unfit */
export function parseYaml(bytes: Uint8Array): YamlBody {
  const text = decodeText(bytes);
  if (/^\s*[{[]/.test(text)) return { object: parseJson(bytes), bytes };
  if (bytes.length > MAX_YAML) {
    throw new Unfit('body-size', `YAML of more than ${MAX_YAML} bytes: send it as JSON`);
  }
  const object = parsed(text);
  checkShape(object, 0);
  return { object, bytes: Buffer.from(JSON.stringify(object)) };
}

function parsed(text: string): Json {
  try {
    const options = { version: '1.2', stringKeys: true, uniqueKeys: true, merge: false } as const;
    const document = parseDocument(text, { ...options, intAsBigInt: true, logLevel: 'error' });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw problem;
    return document.toJS({ maxAliasCount: MAX_ALIASES, reviver: exactNumber }) as Json;
  } catch (error) {
    if (error instanceof Unfit) throw error;
    const [line = ''] = error instanceof Error ? error.message.split('\n', 1) : [];
    const code = /unique/i.test(line) ? 'body-duplicate' : 'body-syntax';
    throw new Unfit(code, `the body is not one document of YAML 1.2 with unique keys: ${line.slice(0, 200)}`);
  }
}

function exactNumber(_: unknown, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  if (!Number.isSafeInteger(number))
    throw new Unfit('body-syntax', 'a number in the body is too large: send JSON');
  return number;
}

/** Not deeper than JSON may be, and nothing that JSON does not have. */
function checkShape(value: Json, depth: number): void {
  if (depth > MAX_DEPTH) throw new Unfit('body-depth', `the body is nested deeper than ${MAX_DEPTH}`);
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new Unfit('body-syntax', 'a number is not finite');
  if (value === null || typeof value !== 'object') return;
  for (const part of Array.isArray(value) ? value : Object.values(value)) checkShape(part, depth + 1);
}
