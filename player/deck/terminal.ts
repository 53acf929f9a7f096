/**
 * asciinema-player as a terminal that our deck draws on.
 *
 * The player accepts a function as its source: a driver of one's own, called with `dispatch`. With it the
 * player renders and nothing more; time, jumps and speed are the deck's. (Its own driver for recordings
 * fixes speed and idle limit when it is made, and changes the time axis with the latter.)
 */
import type { Options, Player, Source } from 'asciinema-player';
import type { TerminalSize } from '../../recorder/audit/session.ts';
import type { Screen } from './reel.ts';
import 'asciinema-player/dist/bundle/asciinema-player.css';

type Dispatch = (event: string, data?: unknown) => void;

interface Driver {
  init(): void;
  play(): boolean;
}

type DriverSource = (callbacks: { dispatch: Dispatch }) => Driver;

export interface Terminal {
  screen: Screen;
  dispose(): void;
}

/** Mounts a terminal of `size` as a layer of `element`; resolves when it can be drawn on. */
export async function mountTerminal(element: HTMLElement, size: TerminalSize): Promise<Terminal> {
  const { create } = await import('asciinema-player');
  const layer = document.createElement('div');
  layer.className = 'layer';
  element.append(layer);
  const options: Options = {
    ...size,
    // Keeps the player from covering the screen with its own start button; our `play` starts nothing.
    autoPlay: true,
    controls: false,
    fit: 'both',
    theme: 'chaperone',
    terminalFontFamily: getComputedStyle(element).getPropertyValue('--mono'),
    cursorMode: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'steady' : 'blinking',
  };
  return new Promise((resolve) => {
    const source: DriverSource = ({ dispatch }) => ({
      init: () => resolve({ screen: screenOn(dispatch, layer), dispose }),
      play: () => true,
    });
    const player: Player = create(source as unknown as Source, layer, options);
    const dispose = () => {
      player.dispose();
      layer.remove();
    };
  });
}

/** Width to height of a cell in most monospace fonts, at the player's line height. */
const CELL_SHAPE = 0.6 / 1.3333;

function screenOn(dispatch: Dispatch, layer: HTMLElement): Screen {
  const seen = () => !layer.classList.contains('out-of-sight');
  const shape = ({ cols, rows }: TerminalSize) => {
    if (seen()) layer.parentElement?.style.setProperty('--shape', String((cols / rows) * CELL_SHAPE));
  };
  return {
    reset(size) {
      shape(size);
      dispatch('reset', { size, theme: null });
    },
    resize(size) {
      shape(size);
      dispatch('resize', size);
    },
    output: (text) => dispatch('output', text),
    running: (on) => dispatch(on ? 'playing' : 'pause'),
    show: (on) => layer.classList.toggle('out-of-sight', !on),
  };
}
