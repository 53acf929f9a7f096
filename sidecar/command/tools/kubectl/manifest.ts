/** The objects in a manifest, as far as they say what they are. Pure. */
import { parseAllDocuments } from 'yaml';
import { kindOf } from './kinds.ts';
import type { Target } from './target.ts';

/** UTF-16 units of a manifest that is read: the parser is slow, and a line has little time. */
export const MAX_MANIFEST = 16 * 1024;
const MAX_ALIASES = 20;

/** Null where it cannot be told, so that there may be anything in it. */
export function objectsIn(text: string): readonly Target[] | null {
  if (text.length > MAX_MANIFEST) return null;
  try {
    const options = {
      version: '1.2',
      stringKeys: true,
      uniqueKeys: true,
      merge: false,
      logLevel: 'error',
    } as const;
    const targets: Target[] = [];
    for (const document of parseAllDocuments(text, options)) {
      if (document.errors.length + document.warnings.length > 0) return null;
      const object: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
      if (object === null || object === undefined) continue;
      const own = objectsOf(object);
      if (own === null) return null;
      targets.push(...own);
    }
    return targets;
  } catch {
    return null;
  }
}

function objectsOf(object: unknown): readonly Target[] | null {
  const { apiVersion, kind, metadata, items } = membersOf(object);
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return null;
  if (kind.endsWith('List') && Array.isArray(items)) {
    const inside = items.map(objectsOf);
    return inside.includes(null) ? null : inside.flatMap((targets) => targets!);
  }
  const { name, namespace } = membersOf(metadata);
  return [
    {
      kind: kindOf(apiVersion, kind),
      name: typeof name === 'string' && name !== '' ? name : null,
      ...(typeof namespace === 'string' && { namespace }),
    },
  ];
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' ? (value as Readonly<Record<string, unknown>>) : {};
}
