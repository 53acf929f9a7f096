import type { Signals } from './signals.ts';

/** Whether and how to be told while one looks elsewhere. */
export function SignalSettings({ signals: { notify, sound, setNotify, setSound } }: { signals: Signals }) {
  return (
    <div class="signals">
      {notify === 'denied' && <span class="dim">Notifications are blocked in this browser.</span>}
      {(notify === 'on' || notify === 'off') && (
        <button
          type="button"
          class="button toggle"
          aria-pressed={notify === 'on'}
          onClick={() => setNotify(notify === 'off')}
        >
          Notify me
        </button>
      )}
      <button type="button" class="button toggle" aria-pressed={sound} onClick={() => setSound(!sound)}>
        Sound
      </button>
    </div>
  );
}
