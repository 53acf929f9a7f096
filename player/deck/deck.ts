/**
 * The transport: plays a tape onto a screen.
 *
 * Time here is the session's own time, whatever is skipped or sped up, so that it agrees with the times
 * of the events. A tape that is still growing is followed at its end until someone goes back.
 */
import type { Reel, Screen } from './reel.ts';
import { Reels } from './reels.ts';
import type { Tape } from './tape.ts';

/** Calls back before the next frame; tests bring their own. */
export interface Frames {
  request(callback: (milliseconds: number) => void): number;
  cancel(id: number): void;
}

export type Mode = 'paused' | 'playing' | 'following';

/** A slice of fast-forward between two chances for the page to react, in characters. */
const SLICE = 8 * 1024 * 1024;
/** A page in the background gets no frames: the session waits there instead of leaping. */
const LONGEST_STEP = 0.25;

export class Deck {
  readonly tape: Tape;
  readonly #frames: Frames;
  readonly #listeners = new Set<() => void>();
  #mode: Mode = 'paused';
  #time = 0;
  readonly #reels: Reels;
  /** Where a jump is heading that has not arrived yet. */
  #target: number | null = null;
  /** True where a live tape is sure to reach the target, so that its end is no reason to stop short. */
  #patient = false;
  #frame: number | null = null;
  #lastFrame: number | null = null;
  #speed = 1;
  #longestPause = Number.POSITIVE_INFINITY;

  constructor(tape: Tape, screen: Screen, frames: Frames) {
    this.tape = tape;
    this.#reels = new Reels(tape, screen);
    this.#frames = frames;
  }

  /** Seconds since the start of the session. */
  get time(): number {
    return this.#target ?? this.#time;
  }

  get mode(): Mode {
    return this.#mode;
  }

  get speed(): number {
    return this.#speed;
  }

  get longestPause(): number {
    return this.#longestPause;
  }

  /** True while a jump has not arrived, e.g. because the tape has not been read that far. */
  get seeking(): boolean {
    return this.#target !== null;
  }

  get atEnd(): boolean {
    return this.tape.complete && this.#target === null && this.#time >= this.tape.end;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  play(): void {
    if (this.atEnd) this.seek(0);
    this.#setMode('playing');
  }

  pause(): void {
    this.#setMode('paused');
  }

  /** Stays at the end of a growing tape. */
  follow(): void {
    this.#target = null;
    this.#setMode('following');
  }

  /** Jumps to `time`; paused stays paused, playing goes on from there. */
  seek(time: number): void {
    const { live, complete, end } = this.tape;
    if (live && !complete && time >= end && this.#mode !== 'paused') {
      this.follow();
      return;
    }
    this.#head(live || complete ? Math.min(time, end) : time);
  }

  /** The same to a time that the session is known to have reached, however little of the tape is there yet. */
  await(time: number): void {
    this.#head(time);
    this.#patient = true;
  }

  /** Steps to the next or former output and stays there; from where a jump is heading while one is under way. */
  step(direction: 1 | -1): void {
    this.#setMode('paused');
    const shown = this.#target === null ? this.#reel.applied : this.tape.countUntil(this.#target);
    // Events of one instant are one step.
    const index = direction === 1 ? shown : this.tape.countBefore(this.tape.time(shown - 1)) - 1;
    if (index < 0) this.seek(0);
    else if (index < this.tape.length) this.seek(this.tape.time(index));
  }

  setSpeed(speed: number): void {
    this.#speed = speed;
    this.#notify();
  }

  /** Pauses longer than this many seconds are cut short; infinity leaves them. */
  setLongestPause(seconds: number): void {
    this.#longestPause = seconds;
  }

  /** The tape has grown, or is complete. */
  tapeChanged(): void {
    this.#wake();
    this.#notify();
  }

  /** Another screen, to wait at a place of its own. */
  addSpare(screen: Screen): void {
    this.#reels.addSpare(screen);
  }

  /** Moves the spare screens a little on their way; false when each is where it waits. */
  prepare(): boolean {
    return this.#reels.prepare();
  }

  dispose(): void {
    if (this.#frame !== null) this.#frames.cancel(this.#frame);
    this.#listeners.clear();
  }

  #head(time: number): void {
    this.#target = Math.max(0, time);
    this.#patient = false;
    if (this.#mode === 'following') this.#mode = 'playing';
    this.#wake();
    this.#notify();
  }

  #setMode(mode: Mode): void {
    // Whoever stops following before everything was drawn stays with what is seen.
    if (this.#mode === 'following') this.#time = Math.max(this.#time, this.tape.time(this.#reel.applied - 1));
    this.#mode = mode;
    this.#lastFrame = null;
    this.#reel.screen.running(mode !== 'paused');
    this.#wake();
    this.#notify();
  }

  #wake(): void {
    this.#frame ??= this.#frames.request((now) => {
      this.#frame = null;
      this.#tick(now / 1000);
    });
  }

  #tick(now: number): void {
    if (this.#mode === 'following') this.#catchUp();
    else if (this.#target !== null) this.#approach(this.#target);
    else if (this.#mode === 'playing') this.#advance(now);
    else this.#reel.advance(this.tape.countUntil(this.#time), SLICE);
    this.#lastFrame = now;
    const owes =
      this.#reel.applied < this.tape.length && (this.#mode === 'following' || this.#target !== null);
    if (owes || (this.#mode === 'playing' && this.#target === null)) this.#wake();
    this.#notify();
  }

  /** Everything that is known, and then the end of the tape is the present. */
  #catchUp(): void {
    this.#reel.advance(this.tape.length, SLICE);
    if (this.#reel.applied < this.tape.length) return;
    this.#time = this.tape.end;
    this.#target = null;
    if (this.tape.complete) this.#stop();
  }

  #approach(target: number): void {
    const count = this.tape.countUntil(target);
    this.#reels.choose(count, this.#mode !== 'paused');
    this.#reel.advance(count, SLICE);
    const { live, complete, end } = this.tape;
    const known = complete || (live && !this.#patient) || end > target;
    if (this.#reel.applied < count || !known) return;
    this.#time = Math.min(target, end);
    this.#target = null;
    if (this.#mode === 'playing' && this.atEnd) this.#stop();
  }

  #advance(now: number): void {
    const passed = this.#lastFrame === null ? 0 : Math.min(now - this.#lastFrame, LONGEST_STEP);
    this.#time = Math.min(this.#skipPause(this.#time + passed * this.#speed), this.tape.end);
    this.#reel.advance(this.tape.countUntil(this.#time), SLICE);
    if (this.#time < this.tape.end) return;
    if (this.tape.complete) this.#stop();
    else if (this.tape.live) this.follow();
  }

  /** Where nothing happened for the longest pause, the next event is due. */
  #skipPause(time: number): number {
    const next = Math.min(this.tape.time(this.#reel.applied), this.tape.end);
    const last = this.#reel.applied === 0 ? 0 : this.tape.time(this.#reel.applied - 1);
    return time - last >= this.#longestPause ? Math.max(time, next) : time;
  }

  #stop(): void {
    this.#time = this.tape.end;
    this.#mode = 'paused';
    this.#reel.screen.running(false);
  }

  get #reel(): Reel {
    return this.#reels.seen;
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
