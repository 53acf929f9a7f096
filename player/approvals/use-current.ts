import { useEffect, useRef, useState } from 'preact/hooks';

interface Current {
  current: string | null;
  setCurrent: (id: string) => void;
  move: (direction: 1 | -1) => void;
}

/** The card that keys act on: the one with the focus. Where it goes away, the one that takes its place is next. */
export function useCurrent(ids: readonly string[]): Current {
  const [current, setCurrent] = useState<string | null>(null);
  const place = useRef(-1);
  const at = current === null ? -1 : ids.indexOf(current);
  if (at !== -1) place.current = at;
  const move = (direction: 1 | -1) => {
    const from =
      at !== -1 ? at + direction : direction === 1 ? Math.max(0, place.current) : place.current - 1;
    const next = ids[Math.min(Math.max(0, from), ids.length - 1)];
    if (next === undefined) return;
    setCurrent(next);
    requestAnimationFrame(() => focusCard(next));
  };
  return { current, setCurrent, move };
}

/** Goes once to the request that the address names. */
export function useOpened(id: string | null, setCurrent: (id: string) => void): void {
  useEffect(() => {
    if (id === null) return;
    setCurrent(id);
    requestAnimationFrame(() => focusCard(id));
  }, [id]);
}

function focusCard(id: string): void {
  const card = document.querySelector<HTMLElement>(`[data-ask="${CSS.escape(id)}"]`);
  card?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: 'nearest' });
}
