/** Light or dark: as the system says, unless the reader chose. */
import { useCallback, useEffect, useState } from 'preact/hooks';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'chaperone.theme';
const ORDER: Theme[] = ['system', 'light', 'dark'];

export function storedTheme(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return ORDER.find((theme) => theme === value) ?? 'system';
  } catch {
    return 'system';
  }
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
}

export function useTheme(): { theme: Theme; next: () => void } {
  const [theme, setTheme] = useState(storedTheme);

  useEffect(() => {
    applyTheme(theme);
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // A browser that keeps nothing still has a theme for this visit.
    }
  }, [theme]);

  const next = useCallback(() => setTheme((now) => ORDER[(ORDER.indexOf(now) + 1) % ORDER.length]!), []);
  return { theme, next };
}
