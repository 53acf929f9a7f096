import type { RefObject } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { SessionSummary } from '../api.ts';
import type { Deck } from '../deck/deck.ts';
import { sessionPath } from '../router.ts';
import type { Shortcuts } from '../ui/keys.ts';
import { type Command, commandAt } from './command.ts';
import { loadPreferences, type Preferences, SPEEDS, savePreferences } from './preferences.ts';

/** Pauses longer than this are cut short where pauses are skipped, in seconds. */
const LONGEST_PAUSE = 1;
const STEP = 5;
const TOAST_MS = 2500;

interface Given {
  session: SessionSummary;
  deck: Deck | null;
  commands: readonly Command[];
  stage: RefObject<HTMLElement | null>;
  /** Of the whole session, in seconds. */
  duration: number;
}

/** Everything one can do to the replay, for buttons and keys alike. */
export interface Transport {
  deck: Deck | null;
  duration: number;
  preferences: Preferences;
  /** A short message about what was just done. */
  toast: string;
  toggle: () => void;
  seek: (time: number) => void;
  jump: (direction: 1 | -1, which: (command: Command) => boolean) => void;
  setSpeed: (speed: number) => void;
  toggleSkip: () => void;
  toggleFullscreen: () => void;
  copyLink: () => void;
  goLive: () => void;
  shortcuts: Shortcuts;
}

export const anyCommand = () => true;
export const refusedCommand = ({ verdict }: Command) => verdict === 'refused';

export function useTransport({ session, deck, commands, stage, duration }: Given): Transport {
  const [preferences, setPreferences] = useState(loadPreferences);
  const [toast, say] = useToast();

  useEffect(() => {
    savePreferences(preferences);
    deck?.setSpeed(preferences.speed);
    deck?.setLongestPause(preferences.skipPauses ? LONGEST_PAUSE : Number.POSITIVE_INFINITY);
  }, [deck, preferences]);

  const seek = useCallback((time: number) => deck?.seek(time), [deck]);
  const toggle = () => (deck?.mode === 'paused' ? deck.play() : deck?.pause());
  const setSpeed = (speed: number) => setPreferences((now) => ({ ...now, speed }));
  const toggleSkip = () => setPreferences((now) => ({ ...now, skipPauses: !now.skipPauses }));
  const goLive = () => deck?.tape.live && !deck.tape.complete && deck.follow();
  const shiftSpeed = (by: 1 | -1) =>
    setSpeed(SPEEDS[SPEEDS.indexOf(preferences.speed) + by] ?? preferences.speed);

  const jump = (direction: 1 | -1, which: (command: Command) => boolean) => {
    const target = deck === null ? null : neighbour(commands.filter(which), deck, direction);
    if (target !== null) seek(target);
  };

  const copyLink = async () => {
    if (deck === null) return;
    const path = sessionPath(session.id, deck.time);
    history.replaceState(history.state, '', path);
    try {
      await navigator.clipboard.writeText(new URL(path, location.href).href);
      say('Link to this moment copied');
    } catch {
      say('The address bar has the link to this moment');
    }
  };

  const toggleFullscreen = () => {
    if (document.fullscreenElement !== null) void document.exitFullscreen();
    else stage.current?.requestFullscreen().catch(() => say('This browser allows no full screen here'));
  };

  const by = (seconds: number) => () => deck !== null && seek(deck.time + seconds);
  const tenths = Array.from({ length: 10 }, (_, tenth) => [
    String(tenth),
    () => seek((duration * tenth) / 10),
  ]);
  const shortcuts: Shortcuts = {
    ...Object.fromEntries(tenths),
    ' ': toggle,
    ArrowLeft: by(-STEP),
    ArrowRight: by(STEP),
    'Shift+ArrowLeft': by(-duration / 10),
    'Shift+ArrowRight': by(duration / 10),
    Home: () => seek(0),
    End: () => seek(duration),
    ',': () => deck?.step(-1),
    '.': () => deck?.step(1),
    '[': () => jump(-1, anyCommand),
    ']': () => jump(1, anyCommand),
    r: () => jump(1, refusedCommand),
    R: () => jump(-1, refusedCommand),
    '<': () => shiftSpeed(-1),
    '>': () => shiftSpeed(1),
    s: toggleSkip,
    f: toggleFullscreen,
    c: copyLink,
    l: goLive,
  };

  return {
    deck,
    duration,
    preferences,
    toast,
    toggle,
    seek,
    jump,
    setSpeed,
    toggleSkip,
    toggleFullscreen,
    copyLink,
    goLive,
    shortcuts,
  };
}

/** A second press soon after a jump goes on to the one before, although a little time has passed. */
const GRACE = 1;

function neighbour(commands: readonly Command[], deck: Deck, direction: 1 | -1): number | null {
  const now = deck.time;
  if (direction === 1) return commands[commandAt(commands, now) + 1]?.time ?? null;
  const grace = deck.mode === 'paused' ? 0 : GRACE;
  const at = commands.findLastIndex(({ time }) => time < now - grace);
  return commands[at]?.time ?? (commands.length > 0 ? 0 : null);
}

function useToast(): [string, (text: string) => void] {
  const [text, setText] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const say = (message: string) => {
    clearTimeout(timer.current);
    setText(message);
    timer.current = setTimeout(() => setText(''), TOAST_MS);
  };
  return [text, say];
}
