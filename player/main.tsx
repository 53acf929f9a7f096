import { render } from 'preact';
import { App } from './app.tsx';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/account.css';
import './styles/notice.css';
import './styles/list.css';
import './styles/search-box.css';
import './styles/session.css';
import './styles/head.css';
import './styles/bar.css';
import './styles/panels.css';
import './styles/rows.css';
import './styles/commands.css';
import './styles/requests.css';
import './styles/conversation.css';
import './styles/blame.css';
import './styles/approvals.css';
import './styles/player.css';
import './styles/policy.css';
import './styles/offboard.css';
import { applyTheme, storedTheme } from './ui/theme.ts';

// The list knows where it was left; the browser would scroll before it stands.
history.scrollRestoration = 'manual';
applyTheme(storedTheme());
render(<App />, document.getElementById('app')!);
