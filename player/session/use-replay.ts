import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { getCast, liveUrl, type SessionSummary } from '../api.ts';
import { readCast } from '../deck/cast.ts';
import { Deck, type Frames } from '../deck/deck.ts';
import { followLive } from '../deck/live.ts';
import type { Screen } from '../deck/reel.ts';
import { screenSize, type Tape } from '../deck/tape.ts';
import { mountTerminal, type Terminal } from '../deck/terminal.ts';

export type Connection = 'open' | 'lost' | 'ended';

export interface Replay {
  /** Null until the terminal stands. */
  deck: Deck | null;
  tape: Tape | null;
  error: Error | null;
  /** Of the live stream; null where a recording is replayed. */
  connection: Connection | null;
  /** Changes whenever the live stream says that a command was decided. */
  marker: number;
}

const BROWSER_FRAMES: Frames = {
  request: (callback) => requestAnimationFrame(callback),
  cancel: (id) => cancelAnimationFrame(id),
};

/** Characters of output from which a jump from the start would be felt. */
const LARGE = 4 * 1024 * 1024;
const SPARES = 3;
const REST_MS = 250;

function whenIdle(work: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work, { timeout: 1000 });
  else setTimeout(work, 50);
}

/** Puts a session on a terminal in `element`: its recording, or its live stream if it runs when opened. */
export function useReplay(
  session: SessionSummary,
  moment: number | null,
  element: RefObject<HTMLElement | null>,
): Replay {
  const [replay, setReplay] = useState<Replay>({
    deck: null,
    tape: null,
    error: null,
    connection: null,
    marker: 0,
  });
  const player = useMemo(() => new ReplayControl(session, moment, setReplay), [session.id]);

  useEffect(() => {
    void player.open(element.current!);
    return () => player.close();
  }, [player]);

  const known = useRef(moment);
  useEffect(() => {
    if (moment === null || moment === known.current) return;
    known.current = moment;
    replay.deck?.seek(moment);
  }, [moment]);

  return replay;
}

type Update = (change: (now: Replay) => Replay) => void;

/** Joins the three: where the events come from, the deck, and the terminal. */
class ReplayControl {
  readonly #session: SessionSummary;
  readonly #moment: number | null;
  readonly #update: Update;
  readonly #abort = new AbortController();
  readonly #terminals: Terminal[] = [];
  #deck: Deck | null = null;

  constructor(session: SessionSummary, moment: number | null, update: Update) {
    this.#session = session;
    this.#moment = moment;
    this.#update = update;
  }

  async open(element: HTMLElement): Promise<void> {
    try {
      if (this.#session.state === 'live') await this.#follow(element);
      else await this.#replay(element);
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#update((now) => ({ ...now, error: error as Error }));
    }
  }

  close(): void {
    this.#abort.abort();
    this.#deck?.dispose();
    for (const terminal of this.#terminals) terminal.dispose();
  }

  /** The recording is asked for when there is a terminal for it: meanwhile the recorder answers what the lists ask. */
  async #replay(element: HTMLElement): Promise<void> {
    const signal = this.#abort.signal;
    const screen = await this.#mount(element);
    const body = await getCast(this.#session.id, signal);
    const tape = await readCast(body, (known) => this.#onTape(known, screen), signal);
    if (tape.volume > LARGE) await this.#spread(element);
  }

  async #follow(element: HTMLElement): Promise<void> {
    const screen = await this.#mount(element);
    const stop = followLive(liveUrl(this.#session.id), {
      onTape: (tape) => this.#onTape(tape, screen),
      onGrowth: () => this.#deck?.tapeChanged(),
      onMarker: () => this.#update((now) => ({ ...now, marker: now.marker + 1 })),
      onConnection: (connection) => this.#update((now) => ({ ...now, connection })),
      onError: (error) => this.#update((now) => ({ ...now, error })),
    });
    this.#abort.signal.addEventListener('abort', stop);
  }

  async #mount(element: HTMLElement): Promise<Screen> {
    const { terminal } = this.#session;
    const mounted = await mountTerminal(element, screenSize(terminal?.cols, terminal?.rows));
    if (this.#abort.signal.aborted) mounted.dispose();
    this.#abort.signal.throwIfAborted();
    this.#terminals.push(mounted);
    return mounted.screen;
  }

  /** Spare terminals, so that a jump in a large session starts from near by. Moved while nothing else is to do. */
  async #spread(element: HTMLElement): Promise<void> {
    for (let count = 0; count < SPARES; count++) this.#deck?.addSpare(await this.#mount(element));
    const work = () => {
      if (this.#abort.signal.aborted || this.#deck === null) return;
      const busy = !this.#deck.seeking && this.#deck.prepare();
      setTimeout(() => whenIdle(work), busy ? 0 : REST_MS);
    };
    whenIdle(work);
  }

  /** A tape that is new, or has grown. */
  #onTape(tape: Tape, screen: Screen): void {
    if (this.#deck?.tape === tape) this.#deck.tapeChanged();
    else this.#insert(tape, screen);
  }

  #insert(tape: Tape, screen: Screen): void {
    const before = this.#deck;
    const deck = new Deck(tape, screen, BROWSER_FRAMES);
    this.#deck = deck;
    if (before === null) begin(deck, this.#session, this.#moment);
    else resume(deck, before);
    before?.dispose();
    this.#update((now) => ({ ...now, deck, tape }));
  }
}

/** A link to a moment shows that moment; otherwise it starts by itself, unless motion is unwelcome. */
function begin(deck: Deck, session: SessionSummary, moment: number | null): void {
  const { live } = deck.tape;
  if (moment !== null && live) awaitMoment(deck, session, moment);
  else if (moment !== null) deck.seek(moment);
  else if (live) deck.follow();
  else if (!matchMedia('(prefers-reduced-motion: reduce)').matches) deck.play();
}

/** A live stream starts at the first byte: the moment is still to come, or lies past the present. */
function awaitMoment(deck: Deck, { startedAt, lastAt }: SessionSummary, moment: number): void {
  if (moment < (lastAt - startedAt) / 1e6) deck.await(moment);
  else deck.follow();
}

/** After a lost connection the stream starts over: the viewer stays where it was. */
function resume(deck: Deck, before: Deck): void {
  deck.setSpeed(before.speed);
  deck.setLongestPause(before.longestPause);
  if (before.mode === 'following') {
    deck.follow();
    return;
  }
  deck.await(before.time);
  if (before.mode === 'playing') deck.play();
}
