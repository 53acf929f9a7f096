/** From a hook's question to an answer: analyse, ask the gate, remember which input lines are given up. */
import { readlinkSync } from 'node:fs';
import type { CommandAction, Refused, Verdict } from '../action.ts';
import { type Known, NOTHING_KNOWN, type Question, type Reply } from './frame.ts';
import { completeHead } from './head.ts';
import { inLine, readInputLine } from './input-line.ts';
import type { Hooks } from './invocation.ts';
import { Patience } from './patience.ts';

export interface JudgeOptions {
  /** The shell whose hooks ask. */
  shell: Hooks;
  analyse: (line: string, cwd: string, known: Known) => CommandAction;
  /** Decides and records; where a person is asked, `signal` says that nobody waits any more. Rejects where the decision cannot be recorded. */
  judge: (action: CommandAction, signal: AbortSignal) => Promise<Verdict>;
  /** What is said of a refusal; by default its message. */
  refusal?: (verdict: Refused) => string;
  /** Where a hook leaves the input line, see input-line.ts. */
  lineFile: string;
  /** Digest of the policy in force: what was decided under another is not remembered. */
  policy: () => string;
  /** Called where a decision could not be made or recorded: the session has to end. */
  failed: (error: unknown) => void;
}

const SOURCES: ReadonlySet<string> = new Set(['source', '.']);

/** An input line, understood as a whole from what was known at its first command. */
interface Line {
  text: string;
  cwd: string;
  known: Known;
  action: CommandAction;
}

/** Distinct commands of prompts and completions that are remembered as recorded. */
const REMEMBERED = 4096;
/** Nobody is asked about what a prompt runs. */
const NEVER = new AbortController().signal;

export class Judge {
  readonly #options: JudgeOptions;
  /** For each shell the input line that is given up, and whether the shell itself has been told so. */
  readonly #abandoned = new Map<number, { number: number; told: boolean }>();
  readonly #routine = new Map<string, Verdict>();
  readonly #patience = new Patience();
  /** The input line that each shell is at, understood as a whole. */
  readonly #lines = new Map<number, Line>();

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  async answer(question: Question): Promise<Reply> {
    if (question.kind === 'abandon') {
      this.#abandon(question);
      return { answer: 'run' };
    }
    if (question.context !== 'prompt' && this.#abandoned.get(question.shell)?.number === question.number) {
      return this.#giveUp(question);
    }
    const cwd = workingDirectory(question);
    return question.context === 'user' ? this.#judge(question, cwd) : this.#judgeRoutine(question, cwd);
  }

  /** Nobody waits for a person any more: Ctrl-C, or the end of the session. */
  giveUp(): void {
    this.#patience.giveUp();
  }

  async #judge(question: Question, cwd: string): Promise<Reply> {
    this.#readLine(question, cwd);
    const signal = this.#patience.begin(question.process);
    const verdict = await this.#decide(question, cwd, signal);
    const isThere = this.#patience.end(question.process, signal);
    if (verdict.ok) return { answer: 'run' };
    if (isThere && question.process === question.shell) this.#abandon(question);
    return { answer: 'refuse', message: this.#options.refusal?.(verdict) ?? verdict.message };
  }

  /**
   * A prompt or a completion runs the same dozens of commands again and again. Each is judged and recorded the
   * first time it is seen in a directory; the same command is not recorded again, and a refusal is not
   * said again.
   */
  async #judgeRoutine(question: Question, cwd: string): Promise<Reply> {
    const key = `${this.#options.policy()}\0${cwd}\0${question.text}`;
    const known = this.#routine.get(key);
    if (known !== undefined) return { answer: known.ok ? 'run' : 'skip' };
    const verdict = await this.#decide(question, cwd, NEVER);
    if (this.#routine.size >= REMEMBERED) this.#routine.clear();
    this.#routine.set(key, verdict);
    return verdict.ok
      ? { answer: 'run' }
      : { answer: 'skip', message: this.#options.refusal?.(verdict) ?? verdict.message };
  }

  #readLine({ shell, newLine, known }: Question, cwd: string): void {
    if (!newLine) return;
    const text = readInputLine(this.#options.lineFile);
    if (text === null) return;
    this.#lines.set(shell, { text, cwd, known, action: this.#analyseLine(text, cwd, known) });
  }

  /** What a `source` in it runs is asked about as it runs, and stands for nothing else in the line. */
  #analyseLine(text: string, cwd: string, known: Known): CommandAction {
    const action = this.#options.analyse(text, cwd, known);
    return { ...action, commands: action.commands.filter(({ via }) => !via.some((one) => SOURCES.has(one))) };
  }

  /** Functions are told with the first command that starts a shell, and the line may call them through others. */
  #lineOf({ shell, known: { functions } }: Question): CommandAction | null {
    const line = this.#lines.get(shell);
    if (line === undefined) return null;
    if (functions !== '' && line.known.functions === '') {
      line.known = { ...line.known, functions };
      line.action = this.#analyseLine(line.text, line.cwd, line.known);
    }
    return line.action;
  }

  async #decide(question: Question, cwd: string, signal: AbortSignal): Promise<Verdict> {
    const { text, context } = question;
    try {
      const { shell: name, analyse } = this.#options;
      // What a prompt or a completion runs is remembered by its text alone.
      const known = context === 'user' ? question.known : NOTHING_KNOWN;
      const alone = { ...analyse(completeHead(text), cwd, known), line: text, shell: name };
      if (context !== 'user') return await this.#options.judge({ ...alone, context }, signal);
      const line = this.#lineOf(question);
      return await this.#options.judge(line === null ? alone : inLine(alone, line), signal);
    } catch (error) {
      this.#options.failed(error);
      throw error;
    }
  }

  #abandon({ shell, number, process }: Question): void {
    this.#abandoned.set(shell, { number, told: process === shell });
  }

  /**
   * Said without words: the reason was given at the command that was refused. A shell that has given its line up and still asks is
   * at its prompt, where a further interrupt would only bring the same prompt again.
   */
  #giveUp({ shell, number, process }: Question): Reply {
    if (process !== shell) return { answer: 'refuse' };
    const told = this.#abandoned.get(shell)?.told ?? false;
    this.#abandoned.set(shell, { number, told: true });
    return { answer: told ? 'skip' : 'refuse' };
  }
}

/** PWD is only a variable: what the kernel says counts, where it can be asked. */
function workingDirectory({ process, cwd }: Question): string {
  try {
    return readlinkSync(`/proc/${process}/cwd`);
  } catch {
    return cwd;
  }
}
