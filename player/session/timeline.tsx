import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Deck } from '../deck/deck.ts';
import { activity, type Tape } from '../deck/tape.ts';
import { position } from '../text/time.ts';
import { visibleText } from '../text/visible.ts';
import { type Command, commandAt } from './command.ts';
import { useDeck } from './use-deck.ts';

interface Properties {
  deck: Deck | null;
  tape: Tape | null;
  duration: number;
  commands: readonly Command[];
  /** Times of the matches of a search. */
  matches: readonly number[];
  onSeek: (time: number) => void;
}

/** Places on the bar are thousandths of the session. */
const WIDTH = 1000;
const BUCKETS = 250;
const HEIGHT = 24;
/** Shares of the session; the other keys of a slider work everywhere on the page. */
const KEYS: Record<string, number> = { ArrowUp: 0.01, ArrowDown: -0.01, PageUp: 0.1, PageDown: -0.1 };

const readTime = (deck: Deck) => Math.round(deck.time * 20) / 20;
const readSeeking = (deck: Deck) => deck.seeking;

/** The bar: where the output is, where the commands are, which were refused, and where we are. */
export function Timeline({ deck, tape, duration, commands, matches, onSeek }: Properties) {
  const time = useDeck(deck, readTime, 0);
  const seeking = useDeck(deck, readSeeking, false);
  const bar = useRef<HTMLDivElement>(null);
  const [hover, setHover] = useState<number | null>(null);
  const share = (seconds: number) => shareOf(seconds, duration);

  const timeUnder = (event: PointerEvent): number => {
    const { left, width } = bar.current!.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width)) * duration;
  };
  const drag = (event: PointerEvent) => {
    const under = timeUnder(event);
    setHover(under);
    if (event.buttons === 1) onSeek(under);
  };

  return (
    <div
      ref={bar}
      class={seeking ? 'timeline seeking' : 'timeline'}
      role="slider"
      tabIndex={0}
      aria-label="Position in the session"
      aria-valuemin={0}
      aria-valuemax={Math.ceil(duration)}
      aria-valuenow={Math.floor(Math.min(time, duration))}
      aria-valuetext={`${position(time)} of ${position(duration)}`}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        bar.current!.setPointerCapture(event.pointerId);
        onSeek(timeUnder(event));
      }}
      onPointerMove={drag}
      onKeyDown={(event) => {
        const by = KEYS[event.key];
        if (by === undefined) return;
        event.preventDefault();
        onSeek(time + by * duration);
      }}
      onPointerLeave={() => setHover(null)}
    >
      <Activity tape={tape} duration={duration} />
      <Marks commands={commands} matches={matches} duration={duration} />
      <div class="played" style={{ width: `${share(time) * 100}%` }} />
      {hover !== null && <Hint time={hover} share={share(hover)} commands={commands} />}
    </div>
  );
}

/** How much the terminal was written to. Drawn anew while the tape grows, but not at every event. */
function Activity({ tape, duration }: { tape: Tape | null; duration: number }) {
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (tape === null || tape.complete) return;
    const timer = setInterval(() => setRound((now) => now + 1), 250);
    return () => clearInterval(timer);
  }, [tape, tape?.complete]);
  const path = useMemo(
    () => (tape === null ? '' : area(activity(tape, duration, BUCKETS))),
    [tape, tape?.complete, round, Math.floor(duration)],
  );
  return (
    <svg class="activity" viewBox={`0 0 ${BUCKETS} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

interface MarksProperties {
  commands: readonly Command[];
  matches: readonly number[];
  duration: number;
}

/** The bar is drawn anew many times a second; its marks only when there are others. */
function Marks({ commands, matches, duration }: MarksProperties) {
  const paths = useMemo(() => {
    const of = (verdict: Command['verdict']) =>
      ticks(
        commands.filter((command) => command.verdict === verdict).map(({ time }) => time),
        duration,
      );
    return { allowed: of('allowed'), unjudged: of('unjudged'), refused: of('refused') };
  }, [commands, duration]);
  const found = useMemo(() => ticks(matches, duration), [matches, duration]);
  return (
    <svg class="marks" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="allowed" d={paths.allowed} />
      <path class="unjudged" d={paths.unjudged} />
      <path class="matches" d={found} />
      <path class="refused" d={paths.refused} />
    </svg>
  );
}

/** A tick for each of the `times`; what falls on one place is one tick. */
function ticks(times: readonly number[], duration: number): string {
  const places = new Set(times.map((time) => Math.round(shareOf(time, duration) * WIDTH * 2) / 2));
  return Array.from(places, (place) => `M${place} 0V${HEIGHT}`).join('');
}

/** How far through the session `seconds` is, from 0 to 1. */
function shareOf(seconds: number, duration: number): number {
  return duration > 0 ? Math.min(1, Math.max(0, seconds / duration)) : 0;
}

/** What is under the pointer: the time, and the command that runs there. */
function Hint({ time, share, commands }: { time: number; share: number; commands: readonly Command[] }) {
  const command = commands[commandAt(commands, time)];
  return (
    <div class="hint" style={{ '--share': share }} aria-hidden="true">
      <b>{position(time)}</b>
      {command !== undefined && <code class={command.verdict}>{visibleText(command.line, 60)}</code>}
    </div>
  );
}

function area(heights: readonly number[]): string {
  const steps = heights.map(
    (height, index) => `V${(HEIGHT - height * (HEIGHT - 3)).toFixed(1)}H${index + 1}`,
  );
  return `M0 ${HEIGHT}${steps.join('')}V${HEIGHT}Z`;
}
