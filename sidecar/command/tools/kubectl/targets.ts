/**
 * What a kubectl command is for: `TYPE NAME…`, `TYPE/NAME…`, `TYPE,TYPE`, and what files hold. Pure.
 * https://kubernetes.io/docs/reference/kubectl/#syntax
 */
import type { ApiIntent } from '../../../action.ts';
import type { Word } from '../../words/fields.ts';
import { isSet, known } from '../arguments.ts';
import type { Known } from '../known.ts';
import { type Kind, kindsNamed, UNKNOWN_KIND } from './kinds.ts';
import { type Details, type Line, request } from './line.ts';
import type { Target } from './target.ts';

/** The objects that the line is for. */
export function targetsOf(line: Line, operands: readonly Word[] = line.operands): readonly Target[] {
  const files = line.args.options.get('filename') ?? [];
  const built = line.args.options.get('kustomize') ?? [];
  if (files.length + built.length === 0) return named(line, operands);
  const inFiles = files.flatMap((file) => line.objects(file) ?? [ANY]);
  return [...inFiles, ...built.map(() => ANY)];
}

const ANY: Target = { kind: UNKNOWN_KIND, name: null };

function named(line: Line, operands: readonly Word[]): readonly Target[] {
  const [first, ...rest] = operands;
  if (first === undefined) return line.args.open ? [{ kind: UNKNOWN_KIND, name: null }] : [];
  if (typed(first) !== null) return operands.flatMap((word) => pair(word));
  const types = known(first);
  // `$X` may hold a slash; and words that an expansion adds may be names.
  if (types === null) return [{ kind: UNKNOWN_KIND, name: null }];
  const kinds = types.split(',').filter(Boolean).flatMap(kindsNamed);
  if (rest.length === 0) return kinds.map((kind) => ({ kind, name: line.args.open ? null : '' }));
  return kinds.flatMap((kind) => rest.map((word) => ({ kind, name: known(word) })));
}

/** What stands in front of the slash, of which the rest may be computed; null where there is no slash. */
function typed({ value, pattern }: Word): string | null {
  return /^([A-Za-z0-9.,-]+)\//.exec(value ?? pattern)?.[1] ?? null;
}

/** `pod/web`, and `pod/web,svc/web`. */
function pair(word: Word): Target[] {
  const text = known(word);
  if (text === null) {
    const type = typed(word);
    return (type === null ? [UNKNOWN_KIND] : kindsNamed(type)).map((kind) => ({ kind, name: null }));
  }
  return text.split(',').flatMap((part) => {
    const slash = part.indexOf('/');
    if (slash < 0) return kindsNamed(part).map((kind) => ({ kind, name: '' }));
    return kindsNamed(part.slice(0, slash)).map((kind) => ({ kind, name: part.slice(slash + 1) }));
  });
}

/** True where it is for what a selector finds, or for all there is. */
export function selects({ args }: Line): boolean {
  return args.options.has('selector') || args.options.has('field-selector') || isSet(args, 'all') !== false;
}

/** A request for each target; what a selector finds has names that are not known. */
export function each(
  line: Line,
  verb: string,
  details: Details = {},
  targets = targetsOf(line),
): ApiIntent[] {
  return targets.map(({ kind, name, namespace }) =>
    request(line, verb, kind, { name: name === '' ? null : name, ...placed(kind, namespace), ...details }),
  );
}

/** An object that says its namespace lies there, if it lies in one; a line that says another is refused. */
function placed({ namespaced }: Kind, namespace: Known | undefined): Details {
  return namespaced === false || !namespace ? {} : { namespace };
}
