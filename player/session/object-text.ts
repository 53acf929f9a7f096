/** Bodies of the Kubernetes API as text to read. Pure. */
import { diffLines } from 'diff';

/** Characters that are shown of one body. */
const MOST_SHOWN = 100_000;
/** Bytes of two objects that are compared. */
const MOST_COMPARED = 400_000;
/** Lines shown around what changed. */
const AROUND = 2;

/** Indented where it is JSON, also one object a line (a watch); `cut` is what is not shown, in characters. */
export function objectText(content: Uint8Array): { text: string; cut: number } {
  const raw = new TextDecoder().decode(content);
  const text = content.length > 4 * MOST_SHOWN ? raw : (indented(raw) ?? watched(raw) ?? raw);
  return { text: text.slice(0, MOST_SHOWN), cut: Math.max(0, text.length - MOST_SHOWN) };
}

function indented(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}

function watched(text: string): string | null {
  const objects = text.trim().split('\n').map(indented);
  return objects.every((object) => object !== null) ? objects.join('\n') : null;
}

export interface Line {
  kind: 'added' | 'removed' | 'same' | 'gap';
  text: string;
}

/** What is different between two objects, with a little around it; null where they cannot be compared. */
export function changedLines(before: Uint8Array, after: Uint8Array): Line[] | null {
  if (before.length + after.length > MOST_COMPARED) return null;
  const [old, now] = [comparable(before), comparable(after)];
  if (old === null || now === null) return null;
  const lines = diffLines(old, now).flatMap(({ added, removed, value }) => {
    const kind = added ? 'added' : removed ? 'removed' : 'same';
    return value
      .replace(/\n$/, '')
      .split('\n')
      .map((text): Line => ({ kind, text }));
  });
  return nearChanges(lines);
}

/** Without what the server keeps for itself, and changes with every write. */
function comparable(content: Uint8Array): string | null {
  try {
    const object = JSON.parse(new TextDecoder().decode(content));
    if (typeof object?.metadata !== 'object' || object.metadata === null) return null;
    const { managedFields: _, resourceVersion: __, ...metadata } = object.metadata;
    return JSON.stringify({ ...object, metadata }, null, 2);
  } catch {
    return null;
  }
}

function nearChanges(lines: readonly Line[]): Line[] {
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ kind }) => kind !== 'same'),
  );
  return lines.flatMap((line, at) => {
    if (near[at]) return [line];
    return near[at - 1] && near.indexOf(true, at) > 0 ? [{ kind: 'gap' as const, text: '' }] : [];
  });
}
