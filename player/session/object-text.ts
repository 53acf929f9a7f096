/** Bodies of the Kubernetes API as text to read. Pure. */
import { type Line, lineDiff } from '../../recorder/export/line-diff.ts';

/** Characters that are shown of one body. */
const MOST_SHOWN = 100_000;
/** Bytes of two objects that are compared. */
const MOST_COMPARED = 400_000;

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

/** What is different between two objects, with a little around it; null where they cannot be compared. */
export function changedLines(before: Uint8Array, after: Uint8Array): Line[] | null {
  if (before.length + after.length > MOST_COMPARED) return null;
  const [old, now] = [comparable(before), comparable(after)];
  return old === null || now === null ? null : lineDiff(old, now);
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
