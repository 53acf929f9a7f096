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

const readTime = (deck: Deck) => Math.round(deck.time * 20) / 20;
const readSeeking = (deck: Deck) => deck.seeking;

/** The bar: where the output is, where the commands are, which were refused, and where we are. */
export function Timeline({ deck, tape, duration, commands, matches, onSeek }: Properties) {
  const time = useDeck(deck, readTime, 0);
  const seeking = useDeck(deck, readSeeking, false);
  const bar = useRef<HTMLDivElement>(null);
  const [hover, setHover] = useState<number | null>(null);
  const share = (seconds: number) => (duration > 0 ? Math.min(1, Math.max(0, seconds / duration)) : 0);

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
      onPointerLeave={() => setHover(null)}
    >
      <Activity tape={tape} duration={duration} />
      <Marks commands={commands} matches={matches} share={share} />
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
  share: (seconds: number) => number;
}

function Marks({ commands, matches, share }: MarksProperties) {
  const ticks = (times: readonly number[]) =>
    times.map((time) => `M${(share(time) * WIDTH).toFixed(2)} 0V${HEIGHT}`).join('');
  const timesOf = (verdict: Command['verdict']) =>
    commands.filter((command) => command.verdict === verdict).map(({ time }) => time);
  return (
    <svg class="marks" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="allowed" d={ticks(timesOf('allowed'))} />
      <path class="unjudged" d={ticks(timesOf('unjudged'))} />
      <path class="matches" d={ticks(matches)} />
      <path class="refused" d={ticks(timesOf('refused'))} />
    </svg>
  );
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
