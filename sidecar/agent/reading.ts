/** How the shell that the launcher asks about would be run: where its commands come from. Pure. */
import { posix } from 'node:path';
import { shellCode, shellNamed } from '../command/code/shells.ts';
import { literalWord } from '../command/words/fields.ts';
import type { ShellQuestion } from './shell-frame.ts';
import { unwrapped, type Wrapped } from './wrapper.ts';

/** Where the commands of a shell come from. */
export type Source =
  /** One command that an agent runs in its own wrapper. */
  | { from: 'wrapper'; wrapped: Wrapped }
  /** Its own words, or none at all. */
  | { from: 'words' }
  /** A file of that path; its text where the launcher could read it. */
  | { from: 'file'; path: string; text: string | null }
  /** Its standard input: a file, all of whose text is there. */
  | { from: 'input'; text: string | null }
  /** Its standard input, as it comes. */
  | { from: 'pipe' }
  | { from: 'nothing' }
  /** A person at a terminal. */
  | { from: 'person' };

/** A question, with its bytes as texts. */
export interface Asked {
  /** `bash`, `sh`, `zsh`: what it was started as. */
  program: string;
  /** As it came, but for its first word. */
  argv: string[];
  login: boolean;
  cwd: string;
  environment: Record<string, string>;
  /** Functions that a bash has from its environment, as `export -f` prints them. */
  functions: string;
  /** Program of the process that asks; empty where it is not known. */
  parent: string;
  source: Source;
  /** Nothing can be read from its standard input. */
  silent: boolean;
}

/** What a nested shell is given as an agent's wrapper is nobody's but the line's that starts it. */
export function readQuestion(question: ShellQuestion, { nested }: { nested: boolean }): Asked {
  const words = question.argv.map(textOf);
  const name = words[0] ?? '';
  const program = programOf(name, textOf(question.shell));
  const argv = [program, ...words.slice(1)];
  const stdin = question.streams.stdin.kind;
  const wrapped = nested ? null : unwrapped(question.argv.map((word) => word.toString('latin1')));
  const { environment, functions } = readEnvironment(question.environment);
  return {
    ...{ program, argv, environment, functions },
    login: name.startsWith('-') || argv.slice(1).some((word) => /^(-[a-zA-Z]*l|--login$)/.test(word)),
    cwd: absolute(textOf(question.cwd)),
    parent: programIn(question.parent),
    source: wrapped === null ? sourceOf(question, argv) : { from: 'wrapper', wrapped },
    silent: stdin === 'null' || stdin === 'closed',
  };
}

/** UTF-8, or, where it is none, each byte as a character. */
export function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.includes('\uFFFD') ? bytes.toString('latin1') : text;
}

function programOf(name: string, shell: string): string {
  const plain = posix.basename(name).replace(/^-/, '');
  return shellNamed(plain) === null ? posix.basename(shell) || 'sh' : plain;
}

function sourceOf(question: ShellQuestion, argv: readonly string[]): Source {
  const code = shellCode(argv.map((word) => literalWord(word)));
  switch (code.from) {
    case 'argument':
    case 'nowhere':
    case 'unknown':
      return { from: 'words' };
    case 'file':
      return { from: 'file', path: code.file.value ?? '', text: scriptOf(question) };
    case 'stdin':
      return inputOf(question);
  }
}

function inputOf(question: ShellQuestion): Source {
  switch (question.streams.stdin.kind) {
    case 'closed':
    case 'null':
      return { from: 'nothing' };
    case 'file':
      return { from: 'input', text: scriptOf(question) };
    case 'terminal':
      return { from: 'person' };
    case 'pipe':
    case 'socket':
    case 'other':
      return { from: 'pipe' };
  }
}

function scriptOf({ script }: ShellQuestion): string | null {
  if (script === null || script.cut) return null;
  return textOf(script.bytes).replaceAll('\0', '');
}

const FUNCTION = /^BASH_FUNC_([^=]+)%%=\(\) /s;

/** Functions stand there as `BASH_FUNC_name%%=() { …}`. */
function readEnvironment(pairs: readonly Buffer[]): Pick<Asked, 'environment' | 'functions'> {
  const environment: Record<string, string> = {};
  const functions: string[] = [];
  for (const pair of pairs.map(textOf)) {
    const name = FUNCTION.exec(pair);
    const at = pair.indexOf('=');
    if (name !== null) functions.push(`${name[1]} () ${pair.slice(name[0].length)}\n`);
    else if (at > 0) environment[pair.slice(0, at)] ??= pair.slice(at + 1);
  }
  return { environment, functions: functions.join('') };
}

function absolute(path: string): string {
  return path.startsWith('/') ? posix.normalize(path) : '';
}

/** Its further arguments may be secrets: of them only a script's path is told. */
function programIn(cmdline: Buffer): string {
  const [program = '', script = ''] = textOf(cmdline).split('\0', 2);
  return [program, ...(script.startsWith('/') ? [script] : [])].join(' ').slice(0, 512);
}
