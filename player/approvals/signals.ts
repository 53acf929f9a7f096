/** Tells who looks elsewhere that something began to wait: only where they asked for it. It decides nothing. */
import { useCallback, useRef, useState } from 'preact/hooks';
import type { ApprovalView } from '../api.ts';
import { visibleText } from '../text/visible.ts';
import { titleOf } from './asks.ts';
import { chime } from './chime.ts';

export interface Signals {
  /** `off` where it may be asked for; `denied` where the browser's user said no to it. */
  notify: 'on' | 'off' | 'denied' | 'unavailable';
  sound: boolean;
  setNotify: (on: boolean) => void;
  setSound: (on: boolean) => void;
  tell: (view: ApprovalView) => void;
}

const NOTIFY = 'chaperone.notify';
const SOUND = 'chaperone.sound';

/** @param onOpen goes to a request whose notification was clicked */
export function useSignals(onOpen: (id: string) => void): Signals {
  const [wanted, setWanted] = useState(() => stored(NOTIFY));
  const [sound, setSound] = useState(() => stored(SOUND));
  const latest = useRef({ wanted, sound });
  latest.current = { wanted, sound };

  const setNotify = useCallback(async (on: boolean) => {
    const allowed = on && (await Notification.requestPermission()) === 'granted';
    store(NOTIFY, allowed);
    // Drawn anew in any case: the browser's answer may have been no.
    setWanted(allowed);
    redraw({});
  }, []);
  const [, redraw] = useState({});
  const chooseSound = useCallback((on: boolean) => {
    store(SOUND, on);
    setSound(on);
    if (on) chime(); // a click: from here on the browser lets the page sound
  }, []);
  const tell = useCallback((view: ApprovalView) => {
    if (document.hasFocus()) return;
    if (latest.current.sound) chime();
    if (latest.current.wanted && permission() === 'granted') notify(view, onOpen);
  }, []);
  return {
    notify: stateOf(wanted),
    sound,
    setNotify: (on) => void setNotify(on),
    setSound: chooseSound,
    tell,
  };
}

/** Characters of a notification: it is a hint, and may stand on a locked screen. */
const MOST_SHOWN = 120;

function notify(view: ApprovalView, onOpen: (id: string) => void): void {
  const body = `${visibleText(view.requester.user, 40)}: ${visibleText(titleOf(view), MOST_SHOWN)}`;
  // The same tag in several windows is one notification.
  const notification = new Notification('Chaperone: waits for approval', { body, tag: view.id });
  notification.onclick = () => {
    window.focus();
    onOpen(view.id);
    notification.close();
  };
}

function stateOf(wanted: boolean): Signals['notify'] {
  switch (permission()) {
    case 'granted':
      return wanted ? 'on' : 'off';
    case 'default':
      return 'off';
    case 'denied':
      return 'denied';
    case null:
      return 'unavailable';
  }
}

function permission(): NotificationPermission | null {
  return 'Notification' in window ? Notification.permission : null;
}

function stored(key: string): boolean {
  try {
    return localStorage.getItem(key) === 'on';
  } catch {
    return false;
  }
}

function store(key: string, on: boolean): void {
  try {
    localStorage.setItem(key, on ? 'on' : 'off');
  } catch {
    // A browser that keeps nothing still tells during this visit.
  }
}
