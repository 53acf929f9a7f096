import { render } from 'preact';
import { App } from './app.tsx';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/list.css';
import './styles/session.css';
import './styles/player.css';
import { applyTheme, storedTheme } from './ui/theme.ts';

applyTheme(storedTheme());
render(<App />, document.getElementById('app')!);
