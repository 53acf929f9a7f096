import { Fragment, type RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Match } from '../api.ts';
import { position } from '../text/time.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { Notice, Problem } from '../ui/notice.tsx';
import { Plain } from '../ui/plain.tsx';
import { SearchInput } from '../ui/search-input.tsx';
import type { OutputSearchState } from './use-output-search.ts';

const WAIT_MS = 300;

/** Finds text in what the terminal showed. */
export function OutputSearch({
  search,
  box,
}: {
  search: OutputSearchState;
  box: RefObject<HTMLInputElement | null>;
}) {
  const [text, setText] = useState(search.asked);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const { asked, matches, at, busy, error } = search;

  useEffect(() => () => clearTimeout(timer.current), []);

  const change = (value: string) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => search.ask(value), WAIT_MS);
  };
  const submit = (backwards: boolean) => {
    clearTimeout(timer.current);
    if (text !== asked) search.ask(text);
    if (text !== '') search.go(backwards ? -1 : 1);
  };

  return (
    <>
      <search class="filters">
        <SearchInput
          label="Text in the output"
          value={text}
          box={box}
          onChange={change}
          onEnter={submit}
          onEscape={(input) => input.blur()}
        />
        <div class="found">
          <span role="status">{describe(search)}</span>
          <IconButton
            icon="up"
            name="Previous match"
            keyName="N"
            disabled={matches.length === 0}
            onClick={() => search.go(-1)}
          />
          <IconButton
            icon="down"
            name="Next match"
            keyName="n"
            disabled={matches.length === 0}
            onClick={() => search.go(1)}
          />
        </div>
      </search>
      {error !== null && <Problem error={error} />}
      {asked === '' && (
        <Notice title="Search the output">
          <p>Everything the terminal showed, without its colours. Enter goes to the next match.</p>
        </Notice>
      )}
      {!busy && (
        <ol class="commands matches">
          {matches.map((match, index) => (
            <Found key={index} match={match} current={index === at} onJump={() => search.jump(index)} />
          ))}
        </ol>
      )}
    </>
  );
}

interface MatchProperties {
  match: Match;
  current: boolean;
  onJump: () => void;
}

function Found({ match, current, onJump }: MatchProperties) {
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (current) row.current?.scrollIntoView({ block: 'nearest' });
  }, [current]);
  return (
    <li class="row" ref={row} aria-current={current}>
      <button type="button" onClick={onJump}>
        <span class="at">{position(match.at / 1e6)}</span>
        <span class="text">
          <code>
            <Highlighted match={match} />
          </code>
        </span>
      </button>
    </li>
  );
}

function Highlighted({ match: { line, matches } }: { match: Match }) {
  return (
    <>
      {matches.map(({ from, to }, index) => (
        <Fragment key={from}>
          <Plain text={line.slice(matches[index - 1]?.to ?? 0, from)} />
          <mark>
            <Plain text={line.slice(from, to)} />
          </mark>
        </Fragment>
      ))}
      <Plain text={line.slice(matches.at(-1)?.to ?? 0)} />
    </>
  );
}

/** The server stops there. */
const MOST = 200;

function describe({ asked, matches, at, busy }: OutputSearchState): string {
  if (asked === '') return '';
  if (busy) return 'Searching …';
  const { length } = matches;
  if (length === 0) return 'No match';
  const all = length < MOST ? String(length) : `the first ${length}`;
  return at === -1 ? `${all} ${length === 1 ? 'line' : 'lines'}` : `${at + 1} of ${all}`;
}
