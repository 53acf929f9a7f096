import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../ui/icon.tsx';

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

  useEffect(() => {
    clearTimeout(timer.current);
    setText(search);
  }, [search]);

  const change = (value: string) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch(value.trim()), WAIT_MS);
  };

  return (
    <search class={busy && text !== '' ? 'search-box busy' : 'search-box'}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          clearTimeout(timer.current);
          onSearch(text.trim());
        }}
      >
        <Icon name="search" />
        <input
          ref={box}
          type="search"
          value={text}
          placeholder="Search commands, users, hosts"
          aria-label="Search commands, users, hosts"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            if (text === '') event.currentTarget.blur();
            else onSearch('');
            setText('');
          }}
        />
        <kbd title="Press / to search">/</kbd>
      </form>
    </search>
  );
}
