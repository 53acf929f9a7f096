import { useEffect, useState } from 'preact/hooks';
import type { Deck } from '../deck/deck.ts';

/** A value read from the deck; the component renders again only when it is another one. */
export function useDeck<T>(deck: Deck | null, read: (deck: Deck) => T, otherwise: T): T {
  const [, render] = useState(0);
  const value = deck === null ? otherwise : read(deck);

  useEffect(() => {
    if (deck === null) return;
    let shown = value;
    const onChange = () => {
      const now = read(deck);
      if (Object.is(now, shown)) return;
      shown = now;
      render((count) => count + 1);
    };
    onChange();
    return deck.onChange(onChange);
  }, [deck, read]);

  return value;
}
