/** Files that a tool runs commands from without being told their names: a line that makes one has written its code. */
import { resolvePath } from '../../match/path.ts';
import type { Found } from '../found.ts';
import type { Scope } from '../scope.ts';
import type { Word } from '../words/fields.ts';
import { interpreterCode } from './foreign.ts';

const PACKAGE = ['package.json'];
const COMPOSE = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const RECIPES: Readonly<Record<string, readonly string[]>> = {
  ...{ make: ['Makefile', 'makefile', 'GNUmakefile'], gmake: ['Makefile', 'makefile', 'GNUmakefile'] },
  ...{ npm: PACKAGE, pnpm: PACKAGE, yarn: PACKAGE, bun: PACKAGE, npx: PACKAGE },
  ...{
    just: ['justfile', 'Justfile', '.justfile'],
    task: ['Taskfile.yml', 'Taskfile.yaml'],
    rake: ['Rakefile'],
  },
  ...{
    ant: ['build.xml'],
    mvn: ['pom.xml'],
    gradle: ['build.gradle', 'build.gradle.kts'],
    cargo: ['build.rs', 'Cargo.toml'],
  },
  ...{ tox: ['tox.ini', 'pyproject.toml'], nox: ['noxfile.py'], pip: ['setup.py', 'pyproject.toml'] },
  git: ['.git/config', '.git/hooks'],
  ...{ docker: COMPOSE, podman: COMPOSE, 'docker-compose': COMPOSE },
};

/** Of interpreters the file that they are given. */
export function doubtRecipes(found: Found, program: string, words: readonly Word[], scope: Scope): void {
  if (found.made.isEmpty()) return;
  const code = interpreterCode(program, words);
  const files = code?.from === 'word' && !code.inline ? [code.word.pattern] : [...recipesOf(program, words)];
  const made = files.find((file) => found.made.meets(resolvePath(scope.cwd, file)));
  if (made !== undefined)
    found.doubt('unreadable-script', `${program} runs a file that the line itself made`, made);
}

function* recipesOf(program: string, words: readonly Word[]): Generator<string> {
  const recipes = Object.hasOwn(RECIPES, program) ? RECIPES[program]! : [];
  yield* recipes;
  if (recipes.length === 0) return;
  for (const [place, { value }] of words.entries()) {
    const next = words[place + 1];
    if (next === undefined || !/^(-[Cf]|--(directory|prefix|cwd|file|makefile|justfile))$/.test(value ?? ''))
      continue;
    yield next.pattern;
    for (const recipe of recipes) yield `${next.pattern}/${recipe}`;
  }
}
