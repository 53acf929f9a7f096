import type { RefObject } from 'preact';

interface Properties {
  /** What is searched; placeholder and name. */
  label: string;
  value: string;
  box?: RefObject<HTMLInputElement | null>;
  onChange: (value: string) => void;
  onEnter?: (backwards: boolean) => void;
  onEscape: (input: HTMLInputElement) => void;
}

/** A field to search by, without the browser's help: what is typed may be a secret, and is never prose. */
export function SearchInput({ label, value, box, onChange, onEnter, onEscape }: Properties) {
  return (
    <input
      ref={box ?? null}
      type="search"
      value={value}
      placeholder={label}
      aria-label={label}
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        // The Enter and Escape of an input method are its own.
        if (event.isComposing) return;
        if (event.key === 'Enter') onEnter?.(event.shiftKey);
        else if (event.key === 'Escape') onEscape(event.currentTarget);
      }}
    />
  );
}
