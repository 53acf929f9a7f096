/** Where JSON patches point, held against the paths of what is masked. Pure. */
import type { Json } from '../action.ts';
import type { Segment } from './path.ts';
import type { MaskRule } from './rules.ts';

/** https://www.rfc-editor.org/rfc/rfc6901#section-4 */
export function tokensOf(pointer: string): string[] {
  const tokens = pointer.split('/').slice(1);
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** True where a patch at `names` may touch what the path leads to. */
export function leads(segments: readonly Segment[], names: readonly string[]): boolean {
  return names.every((name, place) => {
    const segment = segments[place];
    if (segment === undefined || segment.kind === 'members') return true;
    return segment.kind === 'member' ? segment.name === name : /^(?:-|0|[1-9][0-9]*)$/.test(name);
  });
}

/**
 * True where a JSON patch copies or moves what is masked to where it would not be: the server knows the value, so it
 * need not stand in the patch.
 */
export function takesOut(patch: Json, rules: readonly MaskRule[]): boolean {
  if (!Array.isArray(patch)) return false;
  return patch.some((operation) => {
    if (typeof operation !== 'object' || operation === null || Array.isArray(operation)) return false;
    const { from, path } = operation;
    if (typeof from !== 'string' || typeof path !== 'string') return false;
    const [source, target] = [tokensOf(from), tokensOf(path)];
    const taken = rules.filter(({ segments }) => leads(segments, source));
    return taken.some((rule) => !rules.some((other) => covers(other, rule) && isBelow(other, target)));
  });
}

/** Whether what `rule` masks is masked as well where `other` does it. */
function covers(other: MaskRule, { record, agent, types }: MaskRule): boolean {
  return (
    (other.types === undefined || other.types === types) && other.record >= record && other.agent >= agent
  );
}

/** True where the whole of what stands at `names` is masked, whatever it is. */
function isBelow({ segments }: MaskRule, names: readonly string[]): boolean {
  const certain = segments.every(({ kind }) => kind !== 'matching');
  return certain && names.length >= segments.length && leads(segments, names);
}
