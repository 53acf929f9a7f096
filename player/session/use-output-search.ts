import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type Match, searchOutput } from '../api.ts';

export interface OutputSearchState extends State {
  ask: (text: string) => void;
  /** To the next or former match, around the end; while a search is under way, to its first match when that is known. */
  go: (direction: 1 | -1) => void;
  jump: (index: number) => void;
}

interface State {
  /** What the matches are of. */
  asked: string;
  matches: Match[];
  /** The match that was jumped to; -1 before. */
  at: number;
  busy: boolean;
  error: Error | null;
}

const NOTHING: State = { asked: '', matches: [], at: -1, busy: false, error: null };

/** Searches the output of a session and jumps to what it finds. */
export function useOutputSearch(id: string, seek: (time: number) => void): OutputSearchState {
  const [state, setState] = useState<State>(NOTHING);
  const running = useRef<AbortController | null>(null);
  /** True where someone waits for the first match. */
  const awaited = useRef(false);

  useEffect(() => () => running.current?.abort(), []);

  const ask = useCallback(
    (text: string) => {
      running.current?.abort();
      running.current = null;
      awaited.current = false;
      if (text === '') {
        setState(NOTHING);
        return;
      }
      const abort = new AbortController();
      running.current = abort;
      setState({ ...NOTHING, asked: text, busy: true });
      searchOutput(id, text, abort.signal).then(
        (matches) => {
          if (running.current !== abort) return;
          running.current = null;
          const [first] = awaited.current ? matches : [];
          setState({ ...NOTHING, asked: text, matches, at: first === undefined ? -1 : 0 });
          if (first !== undefined) seek(first.at / 1e6);
        },
        (error: Error) => {
          if (abort.signal.aborted) return;
          running.current = null;
          setState({ ...NOTHING, asked: text, error });
        },
      );
    },
    [id, seek],
  );

  const jump = (index: number) => {
    const match = state.matches[index];
    if (match === undefined) return;
    setState({ ...state, at: index });
    seek(match.at / 1e6);
  };
  const go = (direction: 1 | -1) => {
    const { length } = state.matches;
    if (running.current !== null) awaited.current = true;
    else if (length > 0) jump((Math.max(state.at, direction === 1 ? -1 : 0) + direction + length) % length);
  };
  return { ...state, ask, go, jump };
}
