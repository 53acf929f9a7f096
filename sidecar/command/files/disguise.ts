/** A program that is not what its name says: a link to another one, a copy, a script. */
import type { Site } from '../call.ts';
import { followExecuted } from '../code/interpreter.ts';
import { shellNamed } from '../code/shells.ts';
import type { Found } from '../found.ts';
import { otherNames, standingOf } from './standing.ts';

/** What its file says of it: that it is another program, or a script. */
export function disguised(
  found: Found,
  program: string,
  file: string,
  { call, scope, place }: Site & { place: number },
): void {
  const standing = standingOf(file, call.words, scope);
  switch (standing.kind) {
    case 'named':
      return;
    case 'known':
      for (const words of otherNames(program, standing.paths, call.words)) {
        const inside = { ...scope, via: [...scope.via, program], depth: scope.depth + 1 };
        const { env, text } = call;
        found.call({ words, env, redirections: [], touches: [], text, resolved: true }, inside);
      }
      return;
    case 'script':
      if (shellNamed(standing.shell) !== null)
        followExecuted(found, standing.shell, file, { call, scope, place });
      return;
    case 'hidden':
      found.doubt('computed-command', `what ${program} is cannot be looked at`, call.text);
  }
}
