/** How this reader likes to watch; kept in the browser. */

export interface Preferences {
  speed: number;
  skipPauses: boolean;
}

export const SPEEDS = [0.5, 1, 2, 4, 8, 16];

const KEY = 'chaperone.replay';
const DEFAULTS: Preferences = { speed: 1, skipPauses: false };

export function loadPreferences(): Preferences {
  try {
    const { speed, skipPauses } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>;
    return {
      speed: SPEEDS.find((known) => known === speed) ?? DEFAULTS.speed,
      skipPauses: skipPauses === true,
    };
  } catch {
    return DEFAULTS;
  }
}

export function savePreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // A browser that keeps nothing plays as well.
  }
}
