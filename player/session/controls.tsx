import type { Deck } from '../deck/deck.ts';
import type { Tape } from '../deck/tape.ts';
import { position } from '../text/time.ts';
import { Icon } from '../ui/icon.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import type { Command } from './command.ts';
import { SPEEDS } from './preferences.ts';
import { Timeline } from './timeline.tsx';
import { useDeck } from './use-deck.ts';
import type { Connection } from './use-replay.ts';
import { anyCommand, type Transport } from './use-transport.ts';

interface Properties {
  transport: Transport;
  tape: Tape | null;
  commands: readonly Command[];
  matches: readonly number[];
  connection: Connection | null;
}

const readMode = (deck: Deck) => (deck.mode === 'paused' ? (deck.atEnd ? 'ended' : 'paused') : deck.mode);
const readSecond = (deck: Deck) => Math.floor(deck.time);

/** The bar under the terminal. */
export function Controls({ transport, tape, commands, matches, connection }: Properties) {
  const { deck, duration, toast, jump } = transport;
  const second = useDeck(deck, readSecond, 0);
  const mode = useDeck(deck, readMode, 'paused');
  return (
    <div class="controls">
      <Timeline
        deck={deck}
        tape={tape}
        duration={duration}
        commands={commands}
        matches={matches}
        onSeek={transport.seek}
      />
      <div class="buttons">
        <PlayButton transport={transport} />
        <IconButton
          icon="previous"
          name="Previous command"
          keyName="["
          onClick={() => jump(-1, anyCommand)}
        />
        <IconButton icon="next" name="Next command" keyName="]" onClick={() => jump(1, anyCommand)} />
        {mode !== 'following' && (
          <span class="position">
            <span class="now">{position(Math.min(second, duration))}</span> / {position(duration)}
          </span>
        )}
        {connection !== null && <LiveButton transport={transport} connection={connection} />}
        <span class="toast" role="status">
          {toast}
        </span>
        <Speed transport={transport} />
        <Toggles transport={transport} />
      </div>
    </div>
  );
}

function PlayButton({ transport }: { transport: Transport }) {
  const mode = useDeck(transport.deck, readMode, 'paused');
  const running = mode === 'playing' || mode === 'following';
  const name = running ? 'Pause' : mode === 'ended' ? 'Replay' : 'Play';
  return (
    <IconButton
      icon={running ? 'pause' : mode === 'ended' ? 'replay' : 'play'}
      name={name}
      keyName="Space"
      look="play"
      disabled={transport.deck === null}
      onClick={transport.toggle}
    />
  );
}

function LiveButton({ transport, connection }: { transport: Transport; connection: Connection }) {
  const mode = useDeck(transport.deck, readMode, 'paused');
  if (connection === 'ended') return <span class="badge">ended</span>;
  if (connection === 'lost') return <span class="badge cut">reconnecting</span>;
  const following = mode === 'following';
  return (
    <button
      type="button"
      class={following ? 'badge live' : 'badge behind'}
      aria-pressed={following}
      title={following ? 'Showing what happens now' : 'Go to the live end (l)'}
      onClick={transport.goLive}
    >
      {following ? 'live' : 'go live'}
    </button>
  );
}

function Speed({ transport }: { transport: Transport }) {
  return (
    <label class="speed" title="Speed (< >)">
      <span class="sr">Speed</span>
      <select
        value={transport.preferences.speed}
        onChange={(event) => {
          transport.setSpeed(Number(event.currentTarget.value));
          event.currentTarget.blur();
        }}
      >
        {SPEEDS.map((speed) => (
          <option key={speed} value={speed}>
            {speed}×
          </option>
        ))}
      </select>
    </label>
  );
}

function Toggles({ transport }: { transport: Transport }) {
  const { skipPauses } = transport.preferences;
  return (
    <>
      <button
        type="button"
        class="button quiet toggle"
        aria-pressed={skipPauses}
        title="Skip pauses (s)"
        onClick={transport.toggleSkip}
      >
        <Icon name="skip" />
        <span class="wide">Skip pauses</span>
      </button>
      <IconButton icon="link" name="Copy a link to this moment" keyName="c" onClick={transport.copyLink} />
      <IconButton icon="fullscreen" name="Full screen" keyName="f" onClick={transport.toggleFullscreen} />
    </>
  );
}
