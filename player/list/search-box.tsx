import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../ui/icon.tsx';
import { SearchInput } from '../ui/search-input.tsx';

interface Properties {
  box: RefObject<HTMLInputElement | null>;
  search: string;
  busy: boolean;
  onSearch: (search: string) => void;
}

const WAIT_MS = 200;

/** Searches command lines, programs, users and hosts, as one types. */
export function SearchBox({ box, search, busy, onSearch }: Properties) {
  const [text, setText] = useState(search);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const asked = useRef(search);

  // Who has opened a session by then is not called back to the list.
  useEffect(() => () => clearTimeout(timer.current), []);

  useEffect(() => {
    // What was asked for here may come back after more has been typed.
    if (search === asked.current) return;
    clearTimeout(timer.current);
    asked.current = search;
    setText(search);
  }, [search]);

  const ask = (value: string) => {
    clearTimeout(timer.current);
    asked.current = value;
    onSearch(value);
  };

  const change = (value: string) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => ask(value.trim()), WAIT_MS);
  };

  return (
    <search class={busy && text !== '' ? 'search-box busy' : 'search-box'}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask(text.trim());
        }}
      >
        <Icon name="search" />
        <SearchInput
          label="Search commands, users, hosts"
          value={text}
          box={box}
          onChange={change}
          onEscape={(input) => {
            if (text === '') input.blur();
            else ask('');
            setText('');
          }}
        />
        <kbd title="Press / to search">/</kbd>
      </form>
    </search>
  );
}
