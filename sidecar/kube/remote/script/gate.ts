/**
 * For a shell that reads its script from its standard input: each statement is judged when it is complete, and only what
 * is allowed goes on, in order. The first that is refused ends the stream.
 */
import type { CommandAction, Verdict } from '../../../action.ts';
import type { Context } from '../../../command/analyse.ts';
import { LIMITS } from '../../../command/limits.ts';
import type { Passage, StdinGate } from '../stdin.ts';
import { Effort } from './effort.ts';
import { Pending } from './pending.ts';
import { ScriptReading } from './reading.ts';

/** Bytes of one line; a longer one is judged, and passed on, in pieces of this size. */
const LINE_LIMIT = 1 << 20;

export interface ScriptGateOptions {
  /** Decides and records. */
  judge: (action: CommandAction) => Promise<Verdict>;
  /** Where the script begins to run. */
  context: Omit<Context, 'input'>;
  /** The command that runs it; null where nothing is known of what reads it. */
  after: CommandAction | null;
}

export class ScriptGate implements StdinGate {
  readonly #judge: ScriptGateOptions['judge'];
  readonly #reading: ScriptReading;
  readonly #pending = new Pending();
  readonly #effort = new Effort();

  constructor({ judge, context, after }: ScriptGateOptions) {
    this.#judge = judge;
    this.#reading = new ScriptReading(context);
    if (after !== null) this.#reading.startedBy(after);
    else
      this.#reading.lose({ code: 'code-on-stdin', message: 'what reads this input is not known', text: '' });
  }

  async write(bytes: Uint8Array): Promise<Passage> {
    this.#pending.push(bytes);
    return this.#decide(this.#pieces());
  }

  /** The last line needs no end, and a shell takes what is unfinished for finished. */
  async end(): Promise<Passage> {
    return this.#decide(this.#lastPieces());
  }

  async #decide(pieces: AsyncIterable<Buffer>): Promise<Passage> {
    const allowed: Buffer[] = [];
    for await (const piece of pieces) {
      const action = this.#reading.read(textOf(piece));
      if (isSomething(action)) {
        const verdict = await this.#judge({ ...action, line: shortened(action.line) });
        if (!verdict.ok) return { pass: Buffer.concat(allowed), refused: verdict.message };
      }
      allowed.push(piece);
    }
    return { pass: Buffer.concat(allowed) };
  }

  /** What can be judged now, in order; what comes of one piece decides how the next is cut. */
  async *#pieces(): AsyncGenerator<Buffer> {
    if (this.#reading.lost) this.#pending.reconsider();
    while (this.#pending.promising) {
      if (this.#reading.lost) {
        yield this.#pending.takeLines();
        continue;
      }
      const { statements, work, overlong } = this.#pending.cut();
      yield* statements;
      if (overlong) this.#lose();
      else await this.#effort.spend(work);
    }
    while (this.#pending.length > LINE_LIMIT) {
      this.#lose();
      yield this.#pending.take(LINE_LIMIT);
    }
  }

  async *#lastPieces(): AsyncGenerator<Buffer> {
    yield* this.#pieces();
    if (this.#pending.length > 0) yield this.#pending.take(this.#pending.length);
  }

  #lose(): void {
    const message = 'it is too long to tell its statements apart';
    this.#reading.lose({ code: 'limit', message, text: '' });
    this.#pending.reconsider();
  }
}

/** A NUL is dropped by the shells; what is not UTF-8 is shown byte by byte. */
function textOf(piece: Buffer): string {
  const text = piece.toString('utf8');
  const exact = text.includes('\uFFFD') ? piece.toString('latin1') : text;
  return exact.replaceAll('\0', '');
}

/** An empty line or a comment is nothing to decide about. */
function isSomething({ commands, functions, unknown }: CommandAction): boolean {
  return commands.length + functions.length + unknown.length > 0;
}

function shortened(line: string): string {
  if (line.length <= LIMITS.source) return line;
  return `${line.slice(0, LIMITS.source)}… (${line.length - LIMITS.source} more)`;
}
