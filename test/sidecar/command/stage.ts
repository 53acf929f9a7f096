/**
 * A throw-away directory with harmless stand-ins: each notes what it was called with, and that is all it does. A test
 * runs a real program there, and compares what it started with what the analysis says that it would.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandAction } from '../../../sidecar/action.ts';

/** Names that no real program has. */
const STAND_INS = Array.from({ length: 9 }, (_, at) => `canary${at + 1}`);

/** `canary1 word word`, words told apart by a sign that none of them has. */
export type Called = readonly string[];

export class Stage {
  readonly bin: string;
  readonly cwd: string;
  readonly #log: string;
  readonly #root: string;

  /** @param root an empty directory that has `bin` and `work` */
  constructor(root: string) {
    this.#root = root;
    this.bin = join(root, 'bin');
    this.cwd = join(root, 'work');
    this.#log = join(root, 'log');
    this.#setUp();
  }

  /** Some programs write to what they take for a file. */
  #setUp(): void {
    // One write a call: calls at the same time do not mix.
    const text = `#!/bin/sh\nline="\${0##*/}"\nfor word; do line="$line\t$word"; done\nprintf '%s\\n' "$line" >> ${this.#log}\n`;
    for (const name of STAND_INS) {
      const path = join(this.bin, name);
      writeFileSync(path, text);
      chmodSync(path, 0o755);
    }
    writeFileSync(this.#log, '', { mode: 0o666 });
    chmodSync(this.#log, 0o666);
  }

  /** What was called in it, each call once. */
  run(argv: readonly string[], { input = '', patience = 3000, env = {} } = {}): Called[] {
    this.#setUp();
    spawnSync(argv[0]!, argv.slice(1), {
      cwd: this.cwd,
      env: { PATH: `${this.bin}:${process.env.PATH}`, HOME: this.#root, TERM: 'dumb', LC_ALL: 'C', ...env },
      input,
      // It ends when nobody holds the pipe any more: also what runs beside it has been called then.
      stdio: ['pipe', 'ignore', 'pipe'],
      timeout: patience,
      killSignal: 'SIGKILL',
    });
    const calls = new Set(readFileSync(this.#log, 'utf8').split('\n').filter(Boolean));
    return [...calls].map((call) => call.split('\t'));
  }
}

/**
 * Calls that are not among the commands found; a word that is not known stands for any number of them.
 *
 * @param adds whether the program that runs them adds words of its own at the end
 */
export function missed(called: readonly Called[], { commands }: CommandAction, adds = false): Called[] {
  return called.filter(
    ([program, ...words]) =>
      !commands.some(
        (one) => one.program === program && covers([...one.argv.slice(1), ...(adds ? [null] : [])], words),
      ),
  );
}

function covers(argv: readonly (string | null)[], words: readonly string[]): boolean {
  const [first, ...rest] = argv;
  if (first === undefined) return words.length === 0;
  // What find found.
  if (first === '{}' && words.length > 0 && covers(rest, words.slice(1))) return true;
  if (first !== null) return words[0] === first && covers(rest, words.slice(1));
  return words.some((_, at) => covers(rest, words.slice(at + 1))) || covers(rest, words);
}
