import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { SessionSummary } from '../api.ts';
import type { Deck } from '../deck/deck.ts';
import { Notice, Problem } from '../ui/notice.tsx';
import { type Command, commandAt } from './command.ts';
import { CommandRow } from './command-row.tsx';
import type { Verdict } from './judged.ts';
import { holding, ListHead } from './list-head.tsx';
import { useDeck } from './use-deck.ts';
import type { Feed } from './use-feed.ts';
import { VERDICTS } from './why.tsx';

interface Properties {
  state: Feed<Command>;
  deck: Deck | null;
  session: SessionSummary;
  onJump: (time: number) => void;
}

type Filter = 'all' | Exclude<Verdict, 'allowed'>;

const FILTERS: readonly Filter[] = ['all', 'refused', 'unjudged'];

/** Rows drawn at first and added whenever the end of the list comes near. */
const CHUNK = 200;

/** The session's commands with their decisions; the one that runs is marked as the replay goes on. */
export function Commands({ state, deck, session, onJump }: Properties) {
  const { items: commands, loaded, error } = state;
  const [filter, setFilter] = useState<Filter>('all');
  const [words, setWords] = useState('');
  const readCurrent = useMemo(() => (playing: Deck) => commandAt(commands, playing.time), [commands]);
  const current = commands[useDeck(deck, readCurrent, -1)]?.seq;
  const shown = useMemo(() => commands.filter(matching(filter, words)), [commands, filter, words]);
  const choices = useMemo(
    () =>
      FILTERS.map((value) => ({
        value,
        name: value === 'all' ? 'All' : VERDICTS[value],
        amount: commands.filter(matching(value, '')).length,
      })),
    [commands],
  );

  if (error !== null && !loaded) return <Problem error={error} />;
  if (loaded && commands.length === 0) return <NoCommands session={session} />;
  return (
    <>
      <ListHead
        noun="commands"
        words={words}
        onWords={setWords}
        choices={choices}
        chosen={filter}
        onChoose={setFilter}
        error={error}
        empty={loaded && shown.length === 0}
      />
      <Rows
        session={session.id}
        key={`${filter} ${words}`}
        commands={shown}
        current={current}
        onJump={onJump}
      />
    </>
  );
}

interface RowsProperties {
  session: string;
  commands: readonly Command[];
  current: number | undefined;
  onJump: (time: number) => void;
}

/** Which rows are drawn: a stretch around what is looked at, since a session can have very many. */
interface Stretch {
  from: number;
  to: number;
}

function Rows({ session, commands, current, onJump }: RowsProperties) {
  const list = useRef<HTMLOListElement>(null);
  const [{ from, to }, setStretch] = useState<Stretch>({ from: 0, to: CHUNK });
  const index = commands.findIndex(({ seq }) => seq === current);

  // Someone who reads the list is not pulled away from there.
  const isRead = () => list.current?.matches(':hover, :focus-within') ?? false;

  useEffect(() => {
    if (index === -1 || isRead()) return;
    if (index < from || index >= to)
      setStretch({ from: Math.max(0, index - CHUNK / 2), to: index + CHUNK / 2 });
  }, [index]);

  useEffect(() => {
    if (isRead()) return;
    scrollWithin(list.current, list.current?.querySelector('[aria-current=true]') ?? null);
  }, [current, from, to]);

  const earlier = () => setStretch({ from: Math.max(0, from - CHUNK), to });
  const later = () => setStretch({ from, to: to + CHUNK });
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = list.current!;
    if (scrollTop < 300 && from > 0) earlier();
    if (scrollHeight - scrollTop - clientHeight < 600 && to < commands.length) later();
  };

  return (
    <ol class="commands" ref={list} onScroll={onScroll}>
      {from > 0 && <Rest amount={from} name="earlier" onMore={earlier} />}
      {commands.slice(from, to).map((command, at) => (
        <CommandRow
          key={command.seq}
          session={session}
          command={command}
          current={command.seq === current}
          moved={command.cwd !== commands[from + at - 1]?.cwd}
          onJump={onJump}
        />
      ))}
      {to < commands.length && <Rest amount={commands.length - to} name="more" onMore={later} />}
    </ol>
  );
}

function Rest({ amount, name, onMore }: { amount: number; name: string; onMore: () => void }) {
  return (
    <li class="rest">
      <button type="button" class="button" onClick={onMore}>
        {amount.toLocaleString('en-GB')} {name}
      </button>
    </li>
  );
}

function NoCommands({ session }: { session: SessionSummary }) {
  return (
    <Notice title="No commands">
      <p>
        {session.state === 'live'
          ? 'None was given in this session so far.'
          : 'None was given in this session, or its shell has no hooks to tell of them.'}
      </p>
    </Notice>
  );
}

function matching(filter: Filter, words: string): (command: Command) => boolean {
  const holds = holding(words);
  return ({ verdict, line, rule }) => (filter === 'all' || verdict === filter) && holds(`${line} ${rule}`);
}

/** Scrolls the list and nothing around it: `scrollIntoView` would move the page on a phone. */
function scrollWithin(list: HTMLElement | null, row: Element | null): void {
  if (list === null || row === null) return;
  const outer = list.getBoundingClientRect();
  const inner = row.getBoundingClientRect();
  if (inner.top < outer.top) list.scrollTop += inner.top - outer.top - inner.height;
  else if (inner.bottom > outer.bottom) list.scrollTop += inner.bottom - outer.bottom + inner.height;
}
