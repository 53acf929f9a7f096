/** What stands under the name of a program or of a script, where the file system can be seen. */
import type { Assigned } from '../../action.ts';
import { plainPath, resolvePath } from '../../match/path.ts';
import { shellNamed } from '../code/shells.ts';
import type { Found } from '../found.ts';
import type { Scope } from '../scope.ts';
import { literalWord, type Word } from '../words/fields.ts';
import type { Standing } from './file-view.ts';

/** What a shell does itself, whatever stands under that name on PATH. */
const SHELLS_OWN: ReadonlySet<string> = new Set([
  ...['.', ':', '[', 'alias', 'bg', 'bind', 'break', 'builtin', 'caller', 'cd', 'command', 'compgen'],
  ...['complete', 'compopt', 'continue', 'declare', 'dirs', 'disown', 'echo', 'enable', 'eval', 'exec'],
  ...['exit', 'export', 'false', 'fc', 'fg', 'getopts', 'hash', 'help', 'history', 'jobs', 'kill', 'let'],
  ...['local', 'logout', 'mapfile', 'popd', 'printf', 'pushd', 'pwd', 'read', 'readarray', 'readonly'],
  ...['return', 'set', 'shift', 'shopt', 'source', 'suspend', 'test', 'times', 'trap', 'true', 'type'],
  ...['typeset', 'ulimit', 'umask', 'unalias', 'unset', 'wait'],
]);

/** Behind these a name may be one of the shell's own. */
const IN_SHELL = new Set(['eval', 'trap', 'builtin', 'command', 'source', '.', '?']);

/** The file that is executed, as an absolute path; null where there is none, or it cannot be told. */
export function fileOf(
  found: Found,
  program: string,
  { words, env }: { words: readonly Word[]; env: readonly Assigned[] },
  scope: Scope,
): string | null {
  const name = words[0]!;
  if (scope.files === null || name.value === null) return null;
  if (name.value.includes('/')) return plainPath(resolvePath(scope.cwd, name.pattern));
  const by = scope.via.at(-1);
  const inShell = by === undefined || IN_SHELL.has(by) || shellNamed(by) !== null;
  if (inShell && (SHELLS_OWN.has(program) || found.functions.includes(program))) return null;
  const search = env.findLast((one) => one.name === 'PATH')?.value ?? scope.variables.get('PATH')?.value;
  return search == null ? null : scope.files.find(name.value, search);
}

/** What its file is beside what its name says. A bare name is not read as a script: it is told by its name. */
export function standingOf(path: string, words: readonly Word[], scope: Scope): Standing {
  const standing = scope.files?.standing(path) ?? { kind: 'named' };
  if (standing.kind === 'script' && !words[0]!.value!.includes('/')) return { kind: 'named' };
  return standing;
}

/** The same call by other names that say more, each as words. */
export function otherNames(program: string, paths: readonly string[], words: readonly Word[]): Word[][] {
  return paths
    .filter((path) => !isSame(program, path.slice(path.lastIndexOf('/') + 1)))
    .map((path) => [literalWord(path), ...words.slice(1)]);
}

const VERSIONED = /^(python|pypy|node|nodejs|ruby|perl|php|lua)[\d.]*$/;

/** Whether the analysis takes two names for the same program. */
function isSame(name: string, other: string): boolean {
  if (name === other) return true;
  if (shellNamed(name) !== null && shellNamed(other) !== null) return true;
  const stem = VERSIONED.exec(name)?.[1];
  return stem !== undefined && stem === VERSIONED.exec(other)?.[1];
}
