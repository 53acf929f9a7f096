import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { SessionSummary } from '../api.ts';
import { isPortForward } from '../text/session.ts';
import { useShortcuts } from '../ui/keys.ts';
import { Problem } from '../ui/notice.tsx';
import { Plain } from '../ui/plain.tsx';
import { Commands } from './commands.tsx';
import { Controls } from './controls.tsx';
import { Details } from './details.tsx';
import { OutputSearch } from './output-search.tsx';
import { type Panel, Panels, reveal } from './panels.tsx';
import { Requests } from './requests.tsx';
import { useCommands } from './use-commands.ts';
import { useOutputSearch } from './use-output-search.ts';
import { useReplay } from './use-replay.ts';
import { useTransport } from './use-transport.ts';

interface Properties {
  session: SessionSummary;
  moment: number | null;
  onEnded: () => void;
}

/** The terminal with its controls, and beside it the commands, the search and the details. */
export function Workbench({ session, moment, onEnded }: Properties) {
  const screen = useRef<HTMLDivElement>(null);
  const stage = useRef<HTMLElement>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const [panel, setPanel] = useState<Panel>(isPortForward(session) ? 'details' : 'commands');
  const replay = useReplay(session, moment, screen);
  const { deck, tape, connection, error } = replay;
  const commands = useCommands(session, `${replay.marker} ${session.state} ${session.commands}`);
  const duration = Math.max((session.lastAt - session.startedAt) / 1e6, tape?.live ? tape.end : 0);
  const transport = useTransport({ session, deck, commands: commands.items, stage, duration });
  const search = useOutputSearch(session.id, transport.seek);

  useEffect(() => {
    if (connection === 'ended') onEnded();
  }, [connection]);

  useShortcuts({
    ...transport.shortcuts,
    '/': () => {
      if (document.fullscreenElement !== null) void document.exitFullscreen();
      reveal('output');
      searchBox.current?.focus();
      searchBox.current?.select();
      setPanel('output');
    },
    n: () => search.go(1),
    N: () => search.go(-1),
  });

  const matches = useMemo(() => search.matches.map(({ at }) => at / 1e6), [search.matches]);
  const counts = {
    commands: commands.items.length,
    output: search.asked === '' ? null : search.matches.length,
    requests: session.requests,
  };
  return (
    <div class="workbench">
      <section class="stage" ref={stage} aria-label="Replay">
        <div class="screen" ref={screen}>
          {error !== null && deck === null && <Problem error={error} />}
          {session.state !== 'live' && session.outputBytes === 0 && (
            <p class="blank">No output was recorded.</p>
          )}
        </div>
        {error !== null && deck !== null && <Partial error={error} />}
        <Controls
          transport={transport}
          tape={tape}
          commands={commands.items}
          matches={matches}
          connection={connection}
        />
      </section>
      <Panels
        names={session.requests > 0 ? ['commands', 'requests', 'output', 'details'] : undefined}
        panel={panel}
        counts={counts}
        onPanel={setPanel}
        contents={{
          commands: <Commands state={commands} deck={deck} session={session} onJump={transport.seek} />,
          output: <OutputSearch search={search} box={searchBox} />,
          requests: panel === 'requests' && <Requests session={session} />,
          details: panel === 'details' && <Details session={session} />,
        }}
      />
    </div>
  );
}

/** What has come can be looked at; it must not be taken for everything. */
function Partial({ error }: { error: Error }) {
  return (
    <p class="alert bad" role="alert">
      <b>The replay is incomplete.</b> <Plain text={error.message} limit={500} /> Reload the page to try
      again.
    </p>
  );
}
