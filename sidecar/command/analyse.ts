/**
 * From a command line or an argv to the simple commands in it, wrappers unwrapped and words decoded.
 *
 * Pure. Three answers for each part: understood, understood to be dangerous (the policy's affair), or unknown.
 * Whatever goes wrong here, the parser's errors and our limits included, comes out as unknown.
 */
import { quote } from 'shell-quote';
import type { CommandAction } from '../action.ts';
import { plainPath, quoteGlob } from '../match/path.ts';
import type { FileView } from './files/file-view.ts';
import { isFollowed } from './follow.ts';
import { Found } from './found.ts';
import { LimitReached, shown } from './limits.ts';
import { rootScope, type Scope, settled } from './scope.ts';
import { reader } from './walk.ts';
import { literalWord } from './words/fields.ts';
import { veil } from './words/veiled.ts';

export interface Context {
  /** Absolute directory that the line runs in; empty where unknown. */
  cwd: string;
  /** Home directory of who runs it. */
  home?: string;
  /** Absolute directory of what is worked on: what lies outside of it, and of temporary directories, is told. */
  workspace?: string | undefined;
  /** Other variables known to hold these values when the line starts. */
  variables?: Readonly<Record<string, string>> | undefined;
  /** The same of those that are exported, so that what the line starts knows them. */
  environment?: Readonly<Record<string, string>> | undefined;
  /** Functions that a bash started by the line has from its environment, as `export -f` prints them. */
  functions?: string | undefined;
  /** What arrives on its standard input: statements that are judged one by one, or nothing. Otherwise that is not known. */
  input?: 'judged' | 'empty';
  /** What the file system says of the names in it, for this one line; left out where it cannot be seen. */
  files?: FileView;
}

/** Never throws. */
export function analyse(line: string, context: Context): CommandAction {
  return run(line, context, (found, scope) => found.script(line, scope));
}

/** An argv that is started without a shell. Never throws. */
export function analyseArgv(argv: readonly string[], context: Context): CommandAction {
  const line = quote([...argv]);
  return run(line, context, (found, scope) => {
    found.spend(line.length);
    const words = argv.map((word) => literalWord(word));
    found.call({ words, env: [], redirections: [], touches: [], text: shown(line) }, scope);
  });
}

/**
 * A script that comes statement by statement: the later ones know what the former ones have set, and the directory that
 * they went to.
 */
export class Script {
  readonly #context: Context;
  #scope: Scope;

  constructor(context: Context) {
    this.#context = context;
    this.#scope = scopeOf(context);
  }

  /** Never throws. */
  read(statement: string): CommandAction {
    const action = this.#run(statement, this.#scope);
    this.#scope = settled(this.#scope);
    return action;
  }

  /** What `text` would be if it came next. Never throws. */
  peek(text: string): CommandAction {
    return this.#run(text, { ...this.#scope });
  }

  #run(text: string, scope: Scope): CommandAction {
    const cwd = plainPath(scope.cwd) ?? '';
    return run(text, { ...this.#context, cwd }, (found) => found.script(text, scope));
  }
}

function scopeOf({ cwd, home, variables, environment, input, files }: Context): Scope {
  const known = { ...environment, ...variables };
  return { ...rootScope(cwd, home, known, input && { kind: input }), files: files ?? null };
}

function run(line: string, context: Context, read: (found: Found, scope: Scope) => void): CommandAction {
  const places = { home: context.home, workspace: context.workspace };
  const { environment = {}, variables = {}, functions: inherited = '' } = context;
  const search = new Set(environment.PATH?.split(':').map(quoteGlob));
  const exported = new Set(Object.keys(environment));
  const found = new Found(reader, places, { exported, functions: inherited, search });
  try {
    read(found, scopeOf(context));
  } catch (error) {
    // RangeError: the parser and our own walk recurse, and a deep enough input exhausts the stack.
    if (!(error instanceof LimitReached || error instanceof RangeError)) {
      found.doubt('syntax', `cannot be analysed: ${(error as Error).message}`, line);
    } else {
      found.doubt('limit', error instanceof LimitReached ? error.message : 'nested too deeply', line);
    }
  }
  doubtRedefined(found);
  if (context.files?.exhausted) found.doubt('limit', 'names more files than are looked at', line);
  if (found.taken.some((path) => found.made.covers(path)))
    found.doubt(
      'unreadable-script',
      'a file that the line runs or applies is changed by the line itself',
      line,
    );
  found.markForkBombs();
  veil(found.commands, line, { ...environment, ...variables });
  const { commands, functions, unknown } = found;
  const home = context.home === undefined ? {} : { home: context.home };
  const judged = context.input === undefined ? {} : { input: context.input };
  return { kind: 'command', line, ...judged, cwd: context.cwd, ...home, commands, functions, unknown };
}

/**
 * An alias, or a function by a name that was followed as what it usually is. The code of an alias is not looked
 * at where it is defined: whether it ever runs is not known.
 */
function doubtRedefined(found: Found): void {
  if (found.functions.length + found.aliases.size === 0) return;
  const functions = new Set(found.functions.filter(isFollowed));
  for (const { program, text } of found.commands) {
    if (program && (functions.has(program) || found.aliases.has(program))) {
      found.doubt('computed-command', `${program} is not what it usually is`, text);
      return;
    }
  }
}
