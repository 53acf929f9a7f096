/** Which Secrets an answer of the API server holds, and whether with their values. Pure. */
import { isObject, objectIn } from '../json.ts';

export interface NamedSecret {
  namespace: string;
  name: string;
  /** False where only names were shown, as in the table that kubectl prints. */
  values: boolean;
}

type Json = Record<string, unknown>;

/**
 * Reads an object, a list, a Table, or a watch (an event a line).
 * https://kubernetes.io/docs/reference/using-api/api-concepts/
 * @returns null where some of it is none of these: then nobody knows which they were
 */
export function secretsIn(text: string): NamedSecret[] | null {
  const whole = objectIn(text);
  if (whole !== null) return ofValue(whole);
  const found: NamedSecret[] = [];
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const event = objectIn(line);
    const secrets = event === null || !isObject(event.object) ? null : ofValue(event.object);
    if (secrets === null) return null;
    found.push(...secrets);
  }
  return found;
}

function ofValue(value: Json): NamedSecret[] | null {
  // An event of a watch that is alone in its answer.
  if (typeof value.type === 'string' && isObject(value.object) && value.kind === undefined)
    return ofValue(value.object);
  const { kind, items, rows } = value;
  if (kind === 'Table') return all(rows, (row) => (isObject(row.object) ? one(row.object) : null));
  if (Array.isArray(items)) return all(items, one);
  if (kind === 'Status') return [];
  const single = one(value);
  return single === null ? null : [single];
}

function all(values: unknown, read: (value: Json) => NamedSecret | null): NamedSecret[] | null {
  const found = (Array.isArray(values) ? values : []).map((value) => (isObject(value) ? read(value) : null));
  return found.includes(null) ? null : (found as NamedSecret[]);
}

function one(object: Json): NamedSecret | null {
  const { metadata } = object;
  if (!isObject(metadata) || typeof metadata.name !== 'string') return null;
  const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : '';
  return { namespace, name: metadata.name, values: 'data' in object || 'stringData' in object };
}
