/** Tells who looks elsewhere that something began to wait: only where they asked for it. It decides nothing. */
import { useCallback, useState } from 'preact/hooks';
import { askedText } from '../../recorder/export/labels.ts';
import type { ApprovalView } from '../api.ts';
import { visibleText } from '../text/visible.ts';
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
    // As it is kept, not as it is drawn: another window may have changed it.
    if (stored(SOUND)) chime();
    if (stored(NOTIFY) && permission() === 'granted') notify(view, onOpen);
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
  const body = `${visibleText(view.requester.user, 40)}: ${visibleText(askedText(view.asked), MOST_SHOWN)}`;
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

/** For a browser that keeps nothing: it still tells during this visit. */
const kept = new Map<string, string>();

function stored(key: string): boolean {
  try {
    return (localStorage.getItem(key) ?? kept.get(key)) === 'on';
  } catch {
    return kept.get(key) === 'on';
  }
}

function store(key: string, on: boolean): void {
  const value = on ? 'on' : 'off';
  kept.set(key, value);
  try {
    localStorage.setItem(key, value);
  } catch {
    // Then it is kept above.
  }
}
