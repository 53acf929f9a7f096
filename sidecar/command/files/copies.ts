/** Programs that bring files somewhere: what they are called there is said by where they came from. */
import type { Touch } from '../../action.ts';
import { ANYWHERE, resolvePath } from '../../match/path.ts';
import { OPERANDS, type Operands, TARGET } from '../grammar/operands.ts';
import { LIMITS } from '../limits.ts';
import type { Scope } from '../scope.ts';
import type { Word } from '../words/fields.ts';
import { byOperands, sorted } from './operand-touches.ts';
import { naming, touch, unnamedBelow } from './touch.ts';

const MOVES: Operands = { each: 'reads', last: 'writes', short: 'St', options: TARGET };
/** `docker cp`, and what is like it: `container:path` on one of the sides. */
const BETWEEN: Operands = { each: 'reads', last: 'writes', skip: 1 };

/** Programs of {@link OPERANDS} whose last operand may be a directory to copy into. */
export const COPIERS: ReadonlySet<string> = new Set(['cp', 'install', 'ln', 'scp', 'rsync']);

export function copied(program: string, words: readonly Word[], scope: Scope): Touch[] {
  const grammar = OPERANDS.get(program)!;
  return [...byOperands(words, grammar, scope), ...arrivals(program, words, { grammar, scope })];
}

/** A moved file is gone from where it was, with everything below it. */
export function moved(words: readonly Word[], scope: Scope): Touch[] {
  const gone = byOperands(words, MOVES, scope).map(
    (one): Touch => (one.role === 'reads' ? { ...one, role: 'deletes', recursive: true } : one),
  );
  return [...gone, ...arrivals('mv', words, { grammar: MOVES, scope })];
}

/** rsync deletes at its target what the source lacks, if told so. */
export function mirrored(words: readonly Word[], scope: Scope): Touch[] {
  const touches = copied('rsync', words, scope);
  if (!words.some((word) => /^--del/.test(word.value ?? ''))) return touches;
  const target = sorted(words, OPERANDS.get('rsync')!, scope).operands.at(-1);
  return target === undefined ? touches : [...touches, touch('deletes', target, scope, true)];
}

/** `docker cp from to`: with everything below it. */
export function exchanged(words: readonly Word[], scope: Scope): Touch[] | null {
  const place = words.findIndex(({ value }) => value === 'cp');
  if (place < 1 || place > 2) return null;
  const rest = words.slice(place - 1).filter(({ value }) => !/^[\w.-]+:/.test(value ?? ''));
  const there = words.slice(place - 1).filter((word) => !rest.includes(word));
  // From a container: what is brought may be a whole directory, by any name.
  if (there.length === 1 && words.at(-1) !== there[0]) {
    const target = words.at(-1)!;
    return [
      touch('writes', target, scope),
      ...into(target, there, { scope, whole: true, certain: isDirectory(target, scope) }),
    ];
  }
  return byOperands(rest, { ...BETWEEN, each: 'reads', last: 'reads', recursive: /^cp$/ }, scope).map(
    (one) => (one.role === 'reads' ? { ...one, recursive: true } : one),
  );
}

/** What is written in the target, if that is a directory. */
function arrivals(
  program: string,
  words: readonly Word[],
  { grammar, scope }: { grammar: Operands; scope: Scope },
): Touch[] {
  const { operands, target: named, recursive } = sorted(words, grammar, scope);
  const target = named ?? operands.at(-1);
  const sources = named === null ? operands.slice(0, -1) : operands;
  if (target === undefined || sources.length === 0) return [];
  // The target is what the source becomes, and no directory to put it in.
  const asNamed = words.some(({ value }) => /^(-[A-Za-z]*T[A-Za-z]*|--no-t[a-z-]*)$/.test(value ?? ''));
  // A directory is moved whole, and so is what a program that copies trees finds.
  const whole = program === 'mv' || recursive;
  if (asNamed && program !== 'rsync' && program !== 'scp') return whole ? [unnamedBelow(target, scope)] : [];
  const certain = named !== null || sources.length > 1 || isDirectory(target, scope);
  return into(target, sources, { scope, whole, certain });
}

/** @param certain whether the target is known to be a directory */
function into(
  target: Word,
  sources: readonly Word[],
  { scope, whole, certain }: { scope: Scope; whole: boolean; certain: boolean },
): Touch[] {
  if (sources.length > LIMITS.named) return [unnamedBelow(target, scope)];
  const touches = sources.flatMap((source) => {
    const name = nameOf(source);
    if (name === null) return [unnamedBelow(target, scope)];
    const there = naming(target, null, `${target.pattern}/${name}`);
    const one = touch('writes', there, scope);
    const arrives = { ...one, certain: one.certain && certain && !source.glob };
    return whole ? [arrives, unnamedBelow(there, scope)] : [arrives];
  });
  const open = whole && !certain && sources.every((source) => nameOf(source) !== null);
  return open ? [...touches, unnamedBelow(target, scope)] : touches;
}

/** The last part of a path, as a glob; null where its contents are meant (`dir/.`, and `dir/` of rsync), or it is not known. */
function nameOf({ pattern }: Word): string | null {
  const path = pattern.replace(/^[\w.@-]+:/, '');
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name === '' || name === '.' || name === '..' || name.includes(ANYWHERE) ? null : name;
}

/** Whether a directory stands there for certain: by how it is written, or because everything stands in it. */
function isDirectory({ pattern }: Word, scope: Scope): boolean {
  if (/(^|\/)\.{0,2}$/.test(pattern)) return true;
  const path = resolvePath(scope.cwd, pattern);
  if (/^\/[^/]*$/.test(path)) return !path.includes(ANYWHERE);
  const home = scope.variables.get('HOME')?.pattern;
  return path === home || path === scope.cwd || scope.cwd.startsWith(`${path}/`);
}
