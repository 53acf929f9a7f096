/** Light or dark: as the system says, unless the reader chose. */
import { useState } from 'preact/hooks';

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

function chooseTheme(theme: Theme): void {
  applyTheme(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser that keeps nothing still has a theme for this visit.
  }
}

export function useTheme(): { theme: Theme; next: () => void } {
  const [theme, setTheme] = useState(storedTheme);
  const next = () => {
    const chosen = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length]!;
    chooseTheme(chosen);
    setTheme(chosen);
  };
  return { theme, next };
}
