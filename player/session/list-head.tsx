import { Stale } from '../ui/notice.tsx';
import { SearchInput } from '../ui/search-input.tsx';

interface Properties<Choice extends string> {
  /** What is filtered: `commands`. */
  noun: string;
  words: string;
  onWords: (words: string) => void;
  choices: readonly { value: Choice; name: string; amount: number }[];
  /** `all` can be chosen though there are none. */
  chosen: Choice;
  onChoose: (choice: Choice) => void;
  /** Why the list may be behind. */
  error: Error | null;
  /** Nothing of what is there is shown. */
  empty: boolean;
}

/** The head of a list: words that its rows have to hold, which kind of them is shown, and what is to say of it. */
export function ListHead<Choice extends string>({ error, empty, ...filters }: Properties<Choice>) {
  return (
    <>
      <Filters {...filters} />
      {error !== null && <Stale error={error} />}
      {empty && <p class="none">No {filters.noun} match.</p>}
    </>
  );
}

function Filters<Choice extends string>(properties: Omit<Properties<Choice>, 'error' | 'empty'>) {
  const { noun, words, onWords, choices, chosen, onChoose } = properties;
  return (
    <div class="filters">
      <SearchInput
        label={`Filter ${noun}`}
        value={words}
        onChange={onWords}
        onEscape={(input) => {
          onWords('');
          input.blur();
        }}
      />
      <fieldset class="choices" aria-label={`Which ${noun}`}>
        {choices.map(({ value, name, amount }) => (
          <button
            key={value}
            type="button"
            class={`choice ${value}`}
            aria-pressed={chosen === value}
            disabled={amount === 0 && value !== 'all'}
            onClick={() => onChoose(value)}
          >
            {name} <span class="count">{amount.toLocaleString('en-GB')}</span>
          </button>
        ))}
      </fieldset>
    </div>
  );
}

/** Whether a text holds all of the words. */
export function holding(words: string): (text: string) => boolean {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => {
    const all = text.toLowerCase();
    return wanted.every((word) => all.includes(word));
  };
}
