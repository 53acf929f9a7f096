/** Follows the code that a shell or another interpreter is given. */
import type { Found } from '../found.ts';
import { childVariables, type Scope } from '../scope.ts';
import { literalWord, type Word } from '../words/fields.ts';
import { interpreterCode, isHarmless } from './foreign.ts';
import { fileNamed, followScript } from './script-file.ts';
import { FOREIGN, keepsEnvironment, positionals, shellCode, shellNamed } from './shells.ts';

interface Place {
  scope: Scope;
  /** Index of the interpreter among the commands. */
  place: number;
}

export function followShell(found: Found, program: string, words: readonly Word[], at: Place): void {
  const source = shellCode(words);
  const { text } = found.commands[at.place]!;
  const scope = childScope(found, program, at);
  if (source.from !== 'nowhere') startedWith(found, program, text, scope);
  switch (source.from) {
    case 'nowhere':
      return;
    case 'argument':
      if (source.startUp)
        found.doubt('unreadable-script', `${program} runs a file first whose text is not seen here`, text);
      argument(found, program, source.code, { ...scope, positional: source.positional });
      return;
    case 'stdin':
      standardInput(found, program, { scope, place: at.place });
      return;
    case 'file':
      found.runsOutputOf(source.file.sources, program);
      followScript(found, program, fileNamed(source.file, at.scope), {
        text,
        scope: { ...scope, positional: source.positional },
      });
      return;
    case 'unknown':
      found.doubt('computed-argument', `an option of ${program} is computed`, text);
      // Whatever follows may be its code.
      for (const word of source.rest) if (word.value?.includes(' ')) found.script(word.value, scope);
  }
}

/** A script that is executed by its path, and says which shell it is for. */
export function followExecuted(
  found: Found,
  shell: string,
  file: string,
  { call, ...at }: Place & { call: { words: readonly Word[]; text: string } },
): void {
  const scope = { ...childScope(found, shell, at), positional: positionals(call.words) };
  const read = () => followScript(found, shell, file, { text: call.text, scope });
  // What the line itself has written is no program that was there.
  if (found.made.covers(file)) read();
  else found.inProgram(read);
}

/** What a shell that is started there knows. */
function childScope(found: Found, program: string, { scope, place }: Place): Scope {
  const { env } = found.commands[place]!;
  const given = env.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const]));
  const own = new Set(env.map(({ name }) => name));
  const home = own.has('HOME') ? undefined : (scope.variables.get('HOME')?.value ?? undefined);
  return {
    ...scope,
    via: [...scope.via, program],
    depth: scope.depth + 1,
    variables: childVariables([...inherited(found, scope, own), ...given], home),
    positional: null,
  };
}

/** Exported variables that keep their value; behind what may clean the environment only the way to programs is taken for the same. */
function inherited(found: Found, { variables, via }: Scope, own: ReadonlySet<string>): [string, string][] {
  const all = keepsEnvironment(via);
  return [...found.exported].flatMap((name): [string, string][] => {
    const value = variables.get(name)?.value ?? null;
    return value === null || own.has(name) || (!all && name !== 'PATH') ? [] : [[name, value]];
  });
}

/** Interpreters other than shells: their code is not read, but where it comes from counts. False for other programs. */
export function followInterpreter(found: Found, program: string, words: readonly Word[], at: Place): boolean {
  const code = interpreterCode(program, words);
  if (code === null) return false;
  if (code.from !== 'stdin') {
    if (code.from === 'descriptor')
      found.doubt('code-on-stdin', `${program} runs what it reads`, code.word.text);
    if (code.from === 'word') found.runsOutputOf(code.word.sources, program);
    if (code.from === 'word' && code.inline) {
      found.commands[at.place]!.capabilities.push('interpreter-code');
      if (!isHarmless(code.word.value))
        found.doubt('foreign-code', `the code of ${program} is not read`, code.word.text);
    }
    return true;
  }
  const { input } = at.scope;
  found.commands[at.place]!.capabilities.push('stdin-script');
  found.runsInput(input, program);
  if (input.kind === 'inherited' || input.kind === 'empty') return true;
  const text = input.kind === 'here' ? input.text : null;
  if (text === null)
    found.doubt('code-on-stdin', `${program} runs what it reads`, found.commands[at.place]!.text);
  else if (!isHarmless(text)) found.doubt('foreign-code', `the code of ${program} is not read`, text);
  return true;
}

/** What a bash reads before its own code: the file that `BASH_ENV` names, and the functions in its environment. */
function startedWith(found: Found, program: string, text: string, scope: Scope): void {
  if (shellNamed(program) === null || FOREIGN.has(program)) return;
  const file = scope.variables.get('BASH_ENV');
  // As a prefix it has been told of where it is assigned.
  if (file?.value && found.exported.has('BASH_ENV') && !scope.via.includes(BASH_ENV)) {
    const inside = { ...scope, via: [...scope.via, BASH_ENV] };
    followScript(found, program, fileNamed(literalWord(file.value), scope), { text, scope: inside });
  }
  if (!found.inherits()) found.doubt('limit', 'functions of the session that cannot be read', text);
}

const BASH_ENV = 'BASH_ENV';

/** Runs the text of one word as code in `scope`: `sh -c`, `eval`, `trap`. */
export function argument(found: Found, program: string, code: Word, scope: Scope): void {
  found.runsOutputOf(code.sources, program);
  if (code.value !== null && !code.glob && !FOREIGN.has(program)) {
    found.script(code.value, scope);
    return;
  }
  // `xargs sh -c`: the code is what xargs reads.
  if (scope.via.includes('xargs')) found.runsInput(scope.input, program);
  found.doubt('computed-code', `the code that ${program} runs is computed`, code.text);
}

function standardInput(found: Found, program: string, at: Place): void {
  const { input } = at.scope;
  const command = found.commands[at.place]!;
  command.capabilities.push('stdin-script');
  found.runsInput(input, program);
  if ((input.kind === 'pipe' || input.kind === 'here') && input.text !== null && !FOREIGN.has(program)) {
    found.script(input.text, { ...at.scope, input: { kind: 'file' } });
    if (found.read.has(input) || readsOfItself(input.text))
      found.doubt('code-on-stdin', `${program} may not be the only one to read its code`, command.text);
    return;
  }
  if (input.kind === 'empty' || (input.kind === 'judged' && !FOREIGN.has(program))) return;
  if (input.kind === 'inherited') {
    found.doubt('no-hooks', `${program} starts a shell that is not watched`, command.text);
  } else {
    found.doubt('code-on-stdin', `${program} runs what it reads`, command.text);
  }
}

/**
 * What such a script runs reads on where the shell is in it. That moves what is code only if a line means
 * something else alone: within a here-document, or within quotes that span lines.
 */
function readsOfItself(text: string): boolean {
  const lines = text.trimEnd().split('\n');
  if (lines.length < 2) return false;
  return lines.some((line) => line.includes('<<') || odd(line, "'") || odd(line, '"'));
}

function odd(line: string, quote: string): boolean {
  return line.split(quote).length % 2 === 0;
}
