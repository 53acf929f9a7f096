/** Functions that a bash has from its environment: defined and exported in an earlier line, run by a later one. */
import { parse } from 'unbash';
import { positionals, shellNamed } from './code/shells.ts';
import type { Found } from './found.ts';
import { LIMITS } from './limits.ts';
import type { Scope } from './scope.ts';
import type { Word } from './words/fields.ts';

/** Bodies by name, as `export -f` prints them; null where they cannot be read. */
export function bodiesIn(text: string): ReadonlyMap<string, string> | null {
  if (text.length > LIMITS.source) return null;
  const script = parse(text);
  if (script.errors?.length) return null;
  const bodies = new Map<string, string>();
  for (const { command } of script.commands) {
    if (command.type === 'Function')
      bodies.set(command.name.value, text.slice(command.body.pos, command.body.end));
  }
  return bodies;
}

/** Follows a call of one of them. False where `program` is none. */
export function followInherited(
  found: Found,
  program: string,
  words: readonly Word[],
  scope: Scope,
): boolean {
  const body = found.inherited.get(program);
  if (body === undefined || !scope.via.some((one) => shellNamed(one) !== null)) return false;
  if (found.functions.includes(program)) return false;
  const name = `${program}()`;
  if (found.reading.has(name)) return true;
  found.reading.add(name);
  const inside: Scope = {
    ...scope,
    via: [...scope.via, program],
    depth: scope.depth + 1,
    positional: positionals(words),
  };
  found.script(body, inside);
  found.reading.delete(name);
  scope.cwd = inside.cwd;
  scope.variables = inside.variables;
  return true;
}
