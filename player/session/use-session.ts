import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { isRoutine } from '../../recorder/audit/event.ts';
import { type EventOf, getEvents, getSession, type SessionSummary } from '../api.ts';
import { Repeated } from '../repeated.ts';
import { type Command, toCommand } from './command.ts';

const REFRESH_MS = 2000;
/** Between two looks for new commands. */
const REST_MS = 250;

export interface SessionState {
  session: SessionSummary | null;
  error: Error | null;
  /** Asks again, e.g. because the stream says that the session ended. */
  refresh: () => void;
}

/** One session's summary, renewed while it runs; an `error` beside a `session` says that it is out of date. */
export function useSession(id: string): SessionState {
  const [session, setSession] = useState<SessionSummary | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [round, setRound] = useState(0);
  const refresh = useCallback(() => setRound((now) => now + 1), []);

  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const later = () => {
      timer = setTimeout(refresh, REFRESH_MS);
    };
    getSession(id, abort.signal).then(
      (fresh) => {
        setSession(fresh);
        setError(null);
        if (fresh.state === 'live') later();
      },
      (failure: Error) => {
        if (abort.signal.aborted) return;
        setError(failure);
        if (session !== null) later();
      },
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [id, round]);

  return { session, error, refresh };
}

export interface Commands {
  commands: Command[];
  loaded: boolean;
  error: Error | null;
}

/** The decided commands; those that came since are fetched whenever `news` changes. */
export function useCommands(session: SessionSummary, news: unknown): Commands {
  const [state, setState] = useState<Commands>({ commands: [], loaded: false, error: null });
  const feed = useRef<Repeated | null>(null);

  useEffect(() => {
    let known: Command[] = [];
    const fetchMore = async (signal: AbortSignal) => {
      const fresh = await commandsAfter(session, known.at(-1)?.seq ?? -1, signal);
      if (fresh.length > 0) known = [...known, ...fresh];
      setState({ commands: known, loaded: true, error: null });
    };
    const repeated = new Repeated(fetchMore, {
      rest: REST_MS,
      retry: REFRESH_MS,
      onError: (error) => setState((now) => ({ ...now, error })),
    });
    feed.current = repeated;
    return () => repeated.stop();
  }, [session.id]);

  useEffect(() => feed.current?.ask(), [session.id, news]);

  return state;
}

async function commandsAfter(
  { id, startedAt }: SessionSummary,
  seq: number,
  signal: AbortSignal,
): Promise<Command[]> {
  const commands: Command[] = [];
  const types = ['command.decided', 'tool.decided'] as const;
  for await (const event of getEvents(id, { types, from: seq + 1 }, signal)) {
    if (event.body.type === 'tool.decided' || !isRoutine(event.body))
      commands.push(toCommand(event, startedAt));
  }
  return commands;
}

/** The event that opened the session: the policy in force and who recorded it. */
export function useStart(id: string): EventOf<'session.start'> | null {
  const [start, setStart] = useState<EventOf<'session.start'> | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    // The first line is the one: the rest of the session is not waited for.
    getEvents(id, { types: ['session.start'] }, abort.signal)
      .next()
      .then(
        ({ value }) => {
          abort.abort();
          setStart(value ?? null);
        },
        () => {},
      );
    return () => abort.abort();
  }, [id]);
  return start;
}
