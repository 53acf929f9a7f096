import { useState } from 'preact/hooks';
import type { SessionSummary } from '../api.ts';
import { Commands } from './commands.tsx';
import { Conversation } from './conversation.tsx';
import { Details } from './details.tsx';
import { type Panel, Panels } from './panels.tsx';
import { useCommands } from './use-commands.ts';

/** A conversation with Cursor's agent: there is no terminal to replay. */
export function CursorBench({ session, moment }: { session: SessionSummary; moment: number | null }) {
  const [panel, setPanel] = useState<Panel>('conversation');
  const commands = useCommands(session, session.events);
  return (
    <div class="api-bench">
      <Panels
        names={['conversation', 'commands', 'details']}
        panel={panel}
        counts={{ commands: commands.items.length }}
        onPanel={setPanel}
        contents={{
          conversation: <Conversation session={session} moment={moment} />,
          commands: <Commands state={commands} deck={null} session={session} onJump={() => undefined} />,
          details: panel === 'details' && <Details session={session} />,
        }}
      />
    </div>
  );
}
