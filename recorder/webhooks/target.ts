/**
 * One receiver and what is still to be told to it. Nothing waits for it: what is to be told is taken at once, and what
 * it is too slow for is given up, counted and said.
 */
import { randomInt } from 'node:crypto';
import type { Micros } from '../audit/units.ts';
import { isFor, type Message, payloadOf } from './message.ts';
import type { Attempt, Poster } from './post.ts';
import { delayAfter, type Patience } from './retries.ts';
import type { TargetSettings } from './settings.ts';
import { signatureHeaders } from './signature.ts';
import { slackOf } from './slack.ts';

export interface TargetOptions {
  settings: TargetSettings;
  poster: Poster;
  patience: Patience;
  /** Where people open the page. */
  page: string;
  clock: { now(): Micros };
  /** A line for who runs this: by name, never with the address. */
  say(line: string): void;
  /** `told` is another now. */
  moved(): void;
}

interface Queued {
  message: Message;
  attempts: number;
  /** Not before this, in milliseconds of `performance.now()`. */
  due: number;
}

/** Messages that wait for one receiver. */
export const MOST_QUEUED = 1000;
const AT_ONCE = 4;
/** For what is on its way when chaperone stops. */
const GRACE_MS = 1000;

export class Target {
  readonly #options: TargetOptions;
  readonly #stopped = new AbortController();
  /** The oldest first. */
  readonly #queue = new Map<string, Queued>();
  readonly #sending = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  /** Why the last attempt did not arrive; null where it did. */
  #failure: string | null = null;
  #lost = 0;
  #isGone = false;
  #isClosed = false;
  /** Everything up to here was told, or given up. */
  #until: Micros;

  constructor(options: TargetOptions, since: Micros) {
    this.#options = options;
    this.#until = since;
  }

  get name(): string {
    return this.#options.settings.name;
  }

  /** What happened before this needs not be told again. */
  get told(): Micros {
    let oldest = this.#until;
    for (const { message } of this.#queue.values()) oldest = Math.min(oldest, message.at);
    return oldest;
  }

  /** What is wrong with it; null where nothing is. */
  get trouble(): string | null {
    const { name } = this;
    if (this.#isGone)
      return `webhook ${name}: it wants no more (410); nothing is sent until chaperone starts again`;
    if (this.#failure === null) return null;
    const lost = this.#lost === 0 ? '' : `, ${this.#lost} given up`;
    return `webhook ${name}: ${this.#failure}; ${this.#queue.size} wait${lost}`;
  }

  add(message: Message): void {
    if (this.#isClosed) return;
    this.#until = Math.max(this.#until, message.at + 1);
    if (!this.#isGone && isFor(this.#options.settings, message) && !this.#queue.has(message.id)) {
      this.#queue.set(message.id, { message, attempts: 0, due: 0 });
      if (this.#queue.size > MOST_QUEUED) this.#dropOldest();
    }
    this.#options.moved();
    this.#next();
  }

  /** What waits is told by the next recorder. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const timer = setTimeout(() => this.#stopped.abort(), GRACE_MS);
    await Promise.all(this.#sending.values());
    clearTimeout(timer);
  }

  /** Sends what is due, and comes back when the next is. */
  #next(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const now = performance.now();
    let soonest = Number.POSITIVE_INFINITY;
    for (const queued of this.#queue.values()) {
      const { id } = queued.message;
      if (this.#sending.has(id)) continue;
      if (this.#sending.size >= AT_ONCE) return;
      if (queued.due <= now) this.#sending.set(id, this.#send(queued));
      else soonest = Math.min(soonest, queued.due);
    }
    if (soonest < Number.POSITIVE_INFINITY)
      this.#timer = setTimeout(() => this.#next(), soonest - now).unref();
  }

  async #send(queued: Queued): Promise<void> {
    const { poster } = this.#options;
    queued.attempts++;
    const attempt = await poster.post(this.#postOf(queued.message), this.#stopped.signal);
    this.#sending.delete(queued.message.id);
    if (this.#stopped.signal.aborted && attempt.kind !== 'delivered') return;
    this.#settle(queued, attempt);
    this.#options.moved();
    this.#next();
  }

  #settle(queued: Queued, attempt: Attempt): void {
    switch (attempt.kind) {
      case 'delivered':
        this.#queue.delete(queued.message.id);
        if (this.#failure !== null) this.#say('works again');
        this.#failure = null;
        return;
      case 'gone':
        this.#isGone = true;
        this.#lost += this.#queue.size;
        this.#queue.clear();
        this.#say('wants no more (410): nothing is sent until chaperone starts again');
        return;
      case 'failed': {
        if (this.#failure === null) this.#say(`${attempt.why}; it is tried again`);
        this.#failure = attempt.why;
        this.#again(queued, attempt.after);
      }
    }
  }

  #again(queued: Queued, asked: number): void {
    const { patience, clock } = this.#options;
    const chance = randomInt(1000) / 1000;
    const delay = delayAfter(queued.attempts, patience, { chance, asked });
    const age = (clock.now() - queued.message.at) / 1000;
    if (delay === null || age + delay > patience.age) this.#giveUp(queued.message.id);
    else queued.due = performance.now() + delay;
  }

  #dropOldest(): void {
    for (const id of this.#queue.keys()) {
      if (this.#sending.has(id)) continue;
      this.#giveUp(id);
      return;
    }
  }

  /** Said once, and counted from then on. */
  #giveUp(id: string): void {
    this.#queue.delete(id);
    this.#lost++;
    this.#failure ??= 'it is too slow';
    if (this.#lost === 1) this.#say('gives up messages: see /api/health');
  }

  #postOf(message: Message) {
    const { settings, page, clock } = this.#options;
    const payload = payloadOf(message, page);
    const body = JSON.stringify(settings.shape === 'slack' ? slackOf(payload) : payload);
    const timestamp = Math.floor(clock.now() / 1e6);
    const headers = signatureHeaders({ id: message.id, timestamp, body }, settings.secret);
    return { url: settings.url, headers, body };
  }

  #say(what: string): void {
    this.#options.say(`webhook ${this.name}: ${what}`);
  }
}
