import { useEffect, useState } from 'preact/hooks';
import { type EventOf, getEvents, type SessionSummary } from '../api.ts';
import { byteCount } from '../text/amount.ts';
import { Fact } from '../ui/fact.tsx';

type Transfer = EventOf<'session.file' | 'connection.closed'>;

/** Rows drawn at most. */
const MOST = 500;

/** Files that were copied, and connections through forwarded ports, of a remote session. */
export function Transfers({ session }: { session: SessionSummary }) {
  const [transfers, setTransfers] = useState<Transfer[]>([]);

  useEffect(() => {
    if (session.entrance?.kind !== 'remote') return;
    const abort = new AbortController();
    const read = async () => {
      const found: Transfer[] = [];
      const types = ['session.file', 'connection.closed'] as const;
      for await (const event of getEvents(session.id, { types }, abort.signal)) {
        found.push(event);
        if (found.length === MOST) break;
      }
      setTransfers(found);
    };
    read().catch(() => {});
    return () => abort.abort();
  }, [session.id, session.events]);

  return (
    <>
      {transfers.map((event) => (
        <Fact
          key={event.seq}
          name={event.body.type === 'session.file' ? 'File' : 'Connection'}
          text={textOf(event)}
        />
      ))}
    </>
  );
}

function textOf({ body }: Transfer): string {
  if (body.type === 'session.file') {
    const without = body.kind === 'file' ? 'digest withheld, for it holds a known secret' : body.kind;
    const digest = body.sha256 === undefined ? without : `sha256 ${body.sha256}`;
    const how = `${body.direction === 'to' ? 'copied in' : 'copied out'}${body.cut ? ' in part' : ''}`;
    return `${how}: ${body.path}, ${byteCount(body.bytes)}, ${digest}`;
  }
  const flow = `${byteCount(body.sent)} sent, ${byteCount(body.received)} received`;
  return `${body.number}: ${flow}${body.error === undefined ? '' : `, ${body.error}`}`;
}
