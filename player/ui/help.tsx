import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';

type Keys = readonly [keys: string, meaning: string][];

const EVERYWHERE: Keys = [
  ['?', 'this sheet'],
  ['t', 'theme: system, light, dark'],
  ['/', 'search'],
];
const LIST: Keys = [
  ['j k', 'next, previous session'],
  ['Enter', 'open it'],
  ['Esc', 'clear the search'],
];
const APPROVALS: Keys = [
  ['j k', 'next, previous request'],
  ['a d x', 'arm approve, deny, cancel'],
  ['Enter', 'confirm what is armed'],
  ['Esc', 'disarm'],
  ['u', 'back to the sessions'],
];
const SESSION: Keys = [
  ['Space', 'play, pause'],
  ['← →', '5 seconds back, ahead'],
  ['Shift ← →', 'a tenth back, ahead'],
  ['0 … 9', 'to 0 %, 10 % … 90 %'],
  [', .', 'one output back, ahead'],
  ['[ ]', 'previous, next command'],
  ['r R', 'next, previous refusal'],
  ['n N', 'next, previous match in the output'],
  ['< >', 'slower, faster'],
  ['s', 'skip pauses'],
  ['f', 'full screen'],
  ['c', 'copy a link to this moment'],
  ['l', 'to the live end'],
  ['J K', 'older, newer session'],
  ['u', 'back to the list'],
];

/** The sheet of keyboard shortcuts. */
export function Help({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => element.close();
  }, []);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={onClose}>
      <header>
        <h2 id="help-title">Keyboard</h2>
        <button type="button" class="button quiet" onClick={onClose} title="Close (Esc)">
          <Icon name="close" />
          <span class="sr">Close</span>
        </button>
      </header>
      <div class="sheets">
        <div>
          <Sheet title="Everywhere" keys={EVERYWHERE} />
          <Sheet title="Sessions" keys={LIST} />
          <Sheet title="Approvals" keys={APPROVALS} />
        </div>
        <Sheet title="Replay" keys={SESSION} />
      </div>
    </dialog>
  );
}

function Sheet({ title, keys }: { title: string; keys: Keys }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {keys.map(([names, meaning]) => (
          <div key={names}>
            <dt>
              {names.split(' ').map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
