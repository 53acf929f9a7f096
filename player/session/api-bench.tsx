import { useState } from 'preact/hooks';
import type { SessionSummary } from '../api.ts';
import { Details } from './details.tsx';
import { type Panel, Panels } from './panels.tsx';
import { Requests } from './requests.tsx';

/** What a token asked of the Kubernetes API: there is no terminal to replay. */
export function ApiBench({ session }: { session: SessionSummary }) {
  const [panel, setPanel] = useState<Panel>('requests');
  return (
    <div class="api-bench">
      <Panels
        names={['requests', 'details']}
        panel={panel}
        counts={{ requests: session.requests }}
        onPanel={setPanel}
        contents={{
          requests: <Requests session={session} />,
          details: panel === 'details' && <Details session={session} />,
        }}
      />
    </div>
  );
}
