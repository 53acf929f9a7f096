import { approvalsPath, offboardPath, onPage } from '../router.ts';
import { Account } from './account.tsx';
import { Icon } from './icon.tsx';
import type { Theme } from './theme.ts';

interface Properties {
  theme: Theme;
  onTheme: () => void;
  onHelp: () => void;
  onHome: () => void;
  /** Null where it would be refused. */
  onTry: (() => void) | null;
  /** How many wait for a person; null where nobody can be asked. */
  waiting: number | null;
  onApprovals: () => void;
  /** Null where it would be refused. */
  onOffboard: (() => void) | null;
}

const THEME_NAMES: Record<Theme, string> = { system: 'as the system', light: 'light', dark: 'dark' };

/** The bar on top of every page. */
export function Header(properties: Properties) {
  const { theme, onTheme, onHelp, onHome, onTry, waiting, onApprovals, onOffboard } = properties;
  return (
    <header class="top">
      <a class="brand" href="/" onClick={onPage(onHome)}>
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="7" />
          <path d="M8 10l6 6-6 6" />
          <circle cx="21.5" cy="21" r="3.5" />
        </svg>
        <span class="name">Chaperone</span>
      </a>
      {onOffboard !== null && (
        <a class="button quiet offboard" href={offboardPath([])} onClick={onPage(onOffboard)}>
          Offboard
        </a>
      )}
      {onTry !== null && (
        <a class="button quiet try" href="/try" onClick={onPage(onTry)}>
          Ask the policy
        </a>
      )}
      {waiting !== null && (
        <a class="button quiet" href={approvalsPath()} onClick={onPage(onApprovals)}>
          Approvals
          {waiting > 0 && (
            <span class="badge waiting">
              {waiting.toLocaleString('en-GB')}
              <span class="sr"> waiting</span>
            </span>
          )}
        </a>
      )}
      <button type="button" class="button quiet" onClick={onTheme} title={`Theme: ${THEME_NAMES[theme]} (t)`}>
        <Icon name={theme} />
        <span class="sr">Theme: {THEME_NAMES[theme]}. Change</span>
      </button>
      <button type="button" class="button quiet key" onClick={onHelp} title="Keyboard shortcuts (?)">
        ?<span class="sr"> Keyboard shortcuts</span>
      </button>
      <Account />
    </header>
  );
}
