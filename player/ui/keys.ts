/** Keyboard shortcuts: one listener a page, ahead of every other. */
import { useEffect, useRef } from 'preact/hooks';

/** By `event.key`; with Shift the key is what it types, e.g. `N` or `?`. */
export type Shortcuts = Record<string, () => void>;

/** Keys that what is focused acts on by itself. */
const OWN_KEYS: [keys: ReadonlySet<string>, selector: string][] = [
  [new Set([' ', 'Enter']), 'button, a, summary, select'],
  [new Set(['ArrowLeft', 'ArrowRight', 'Home', 'End']), '[role=tablist]'],
  [new Set(['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown']), '[role=slider]'],
];

export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target instanceof Element ? event.target : null;
      if (document.querySelector('dialog[open]') !== null || takesText(target)) return;
      if (OWN_KEYS.some(([keys, selector]) => keys.has(event.key) && target?.closest(selector) != null))
        return;
      const name = event.shiftKey && event.key.startsWith('Arrow') ? `Shift+${event.key}` : event.key;
      const action = latest.current[name];
      if (action === undefined) return;
      event.preventDefault();
      // asciinema-player has shortcuts of its own, on a clock that is not ours.
      event.stopImmediatePropagation();
      action();
    };
    addEventListener('keydown', onKeyDown, { capture: true });
    return () => removeEventListener('keydown', onKeyDown, { capture: true });
  }, []);
}

function takesText(target: Element | null): boolean {
  return target?.closest('input:not([type=checkbox]), textarea, select, [contenteditable]') != null;
}
