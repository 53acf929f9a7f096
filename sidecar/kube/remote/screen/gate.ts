/**
 * For a terminal: the line that a shell is about to run is read off the screen when Enter is pressed, and judged.
 *
 *     keys ──▶ passed on ──▶ echo ──▶ Screen
 *     Enter ─▶ held until the echo is there ─▶ the line, read ─▶ judged ─▶ Enter, or Ctrl-C
 *
 * A tripwire, not a boundary: what is on the screen is what the container put there. What the screen cannot tell is
 * unknown, and the policy decides. Text that is not shown is never looked at.
 */
import type { CommandAction, Verdict } from '../../../action.ts';
import { type Context, Script } from '../../../command/analyse.ts';
import type { TerminalSize } from '../../wire/remotecommand.ts';
import { Aliases } from '../script/aliases.ts';
import { union } from '../script/reading.ts';
import type { Passage, StdinGate } from '../stdin.ts';
import { Echo } from './echo.ts';
import { Keys } from './keys.ts';
import { isSearchFor, type Line, readLine, type Sight } from './line.ts';
import { type Place, Screen } from './screen.ts';

const CANCEL = Buffer.of(0x03);
/** Lines that a statement may go over, as continuation prompts show it. */
const CONTINUED = 64;

export interface ScreenGateOptions {
  /** Decides and records. */
  judge: (action: CommandAction) => Promise<Verdict>;
  context: Omit<Context, 'input'>;
  /** Somebody may have typed before, as where a running program is attached to. */
  joined: boolean;
}

export class ScreenGate implements StdinGate {
  readonly #judge: ScreenGateOptions['judge'];
  readonly #screen: Promise<Screen> = Screen.open();
  readonly #script: Script;
  readonly #aliases = new Aliases();
  readonly #keys = new Keys();
  readonly #echo = new Echo();
  /** Where the line begins; null while nothing of it is typed. */
  #begin: Place | null = null;
  /** The lines before, of a statement that goes on. */
  #before: string[] = [];
  #unseen: boolean;
  /** The line came in one piece with the one before. */
  #together = false;
  /** What is typed into this full-screen program has been let through. */
  #fullScreen = false;

  constructor({ judge, context, joined }: ScreenGateOptions) {
    this.#judge = judge;
    this.#script = new Script({ ...context, input: 'judged' });
    this.#unseen = joined;
  }

  async shown(bytes: Uint8Array): Promise<void> {
    const screen = await this.#screen;
    await screen.write(bytes);
    if (!screen.alternate) this.#fullScreen = false;
    this.#echo.shown();
  }

  async resized(size: TerminalSize): Promise<void> {
    (await this.#screen).resize(size);
  }

  async write(bytes: Uint8Array): Promise<Passage> {
    const screen = await this.#screen;
    const keys = Buffer.from(bytes);
    // Only a screen at rest tells whether the program knows pasted text.
    if (!this.#keys.any && !Keys.abandons(keys)) await this.#beginLine(screen);
    const { kind, bytes: next, rest } = this.#keys.next(keys, screen.bracketedPaste);
    const again = rest.length > 0 ? { again: rest } : {};
    if (kind === 'outside') this.#outside(next);
    const passage = kind === 'accept' ? await this.#accept(screen, next, rest.length > 0) : { pass: next };
    this.#echo.typed(kind === 'typed' && this.#keys.tail !== '');
    return { ...passage, ...again };
  }

  async end(): Promise<Passage> {
    (await this.#screen).dispose();
    return { pass: new Uint8Array() };
  }

  #outside(key: Buffer): void {
    if (!Keys.abandons(key)) return;
    this.#newLine();
    this.#before = [];
  }

  /** The place is taken when the screen is at rest: what was accepted before may still be running. */
  async #beginLine(screen: Screen): Promise<void> {
    if (this.#together) await this.#echo.settled(null);
    else await this.#echo.rest();
    this.#begin?.marker.dispose();
    this.#begin = screen.mark();
  }

  #newLine(): void {
    this.#begin?.marker.dispose();
    this.#begin = null;
    this.#keys.reset();
    this.#unseen = false;
  }

  /** @param more what came with it goes on */
  async #accept(screen: Screen, key: Buffer, more: boolean): Promise<Passage> {
    const sight = await this.#look(screen);
    const together = this.#together;
    this.#together = more;
    const { any } = this.#keys;
    const line = readLine({ ...sight, together });
    this.#newLine();
    if (sight.alternate && this.#fullScreen) return { pass: key };
    const nothing = line.text.trim() === '' && (!any || sight.echo === 'shown') && !sight.alternate;
    if (nothing && !sight.unseen) return { pass: key };
    const verdict = await this.#judge(this.#actionOf(line));
    if (!verdict.ok) {
      this.#before = [];
      return { pass: CANCEL, notice: `\r\n${verdict.message.replaceAll('\n', '\r\n')}` };
    }
    this.#fullScreen = sight.alternate;
    this.#learn(line);
    return { pass: key };
  }

  async #look(screen: Screen): Promise<Omit<Sight, 'together'>> {
    const { tail, any, edited, pastedLines } = this.#keys;
    const isThere = () => screen.toCursor().endsWith(tail) || isSearchFor(tail, screen.toEnd());
    if (any && !screen.alternate) await this.#echo.settled(tail === '' ? null : isThere);
    return {
      ...this.#read(screen, edited),
      alternate: screen.alternate,
      echo: !any || tail === '' || isThere() ? 'shown' : this.#echo.answered ? 'differs' : 'none',
      pastedLines,
      unseen: this.#unseen,
    };
  }

  #read(screen: Screen, edited: boolean): Pick<Sight, 'prompt' | 'text' | 'behind' | 'below'> {
    const begin = this.#begin;
    if (begin !== null && screen.holds(begin)) {
      const { text, behind, below } = screen.from(begin);
      return { prompt: begin.before, text, behind: behind && !edited, below };
    }
    const text = screen.line();
    const prompt = begin?.before ?? '';
    // Drawn again elsewhere, as after Ctrl-L.
    if (prompt.trim() !== '' && text.startsWith(prompt))
      return { prompt, text: text.slice(prompt.length), behind: false, below: false };
    return { prompt: null, text, behind: false, below: false };
  }

  #actionOf({ text, continues, unknown }: Line): CommandAction {
    const readings: CommandAction[] = [];
    const expanded = this.#aliases.expanded(text);
    if (expanded !== null) readings.push(this.#script.peek(expanded));
    if (continues) readings.push(this.#script.peek([...this.#before, text].join('\n')));
    const own = this.#script.peek(text);
    return union(own, readings, unknown);
  }

  /** What a line that is passed on changes for the next ones. */
  #learn({ text, continues }: Line): void {
    this.#before = continues ? [...this.#before, text].slice(-CONTINUED) : [text];
    this.#aliases.learn(continues ? this.#script.peek(text) : this.#script.read(text));
  }
}
