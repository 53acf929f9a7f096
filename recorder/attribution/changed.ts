/** What a request changed in its object, as far as the log has both states. */
import { type Line, objectDiff } from '../export/line-diff.ts';
import type { SessionSummary } from '../log/ports.ts';
import type { Requested, Sources } from './sources.ts';

/** Events before a request among which the state before it is looked for. */
const BACK = 64;
/** Bytes of what was sent that are shown. */
const MOST_SENT = 4096;
/** Bytes of one state that is compared. */
const MOST_STATE = 200_000;

interface Seen {
  uri: string;
  /** Null while there is no whole answer. */
  state: unknown;
}

/** What was sent, where it is short text; and the lines that differ. */
export async function changeOf(
  { archive }: Sources,
  { id }: SessionSummary,
  { seq, body }: Requested,
): Promise<{ sent?: string; changed?: Line[] }> {
  const object = pathOf(body.uri);
  const seen = new Map<string, Seen>();
  let sent: string | undefined;
  let before: unknown = null;
  let left = 2 * BACK;
  for await (const { event, content } of archive.events(id, { from: Math.max(0, seq - BACK) })) {
    const { body: said } = event;
    if (left-- <= 0) break;
    if (said.type === 'request.admitted') {
      if (event.seq === seq) sent = shortText(content);
      if (pathOf(said.uri) === object && !said.dryRun) seen.set(said.id, { uri: said.uri, state: null });
    } else if (said.type === 'request.ended' && seen.has(said.id)) {
      const state = said.status < 300 ? stateIn(content) : null;
      if (said.id === body.id) {
        const lines =
          body.method === 'DELETE' || before === null || state === null ? null : objectDiff(before, state);
        return { ...(sent !== undefined && { sent }), ...(lines !== null && { changed: lines }) };
      }
      if (event.seq < seq) before = state ?? before;
    }
  }
  return sent === undefined ? {} : { sent };
}

function pathOf(uri: string): string {
  return uri.split('?', 1)[0]!;
}

function shortText(content: Uint8Array | null): string | undefined {
  if (content === null || content.length === 0 || content.length > MOST_SENT) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content).trim();
  } catch {
    return undefined;
  }
}

/** Without what the server keeps for itself, and changes with every write. */
function stateIn(content: Uint8Array | null): unknown {
  if (content === null || content.length > MOST_STATE) return null;
  try {
    const object = JSON.parse(new TextDecoder().decode(content));
    if (typeof object?.metadata !== 'object' || object.metadata === null) return null;
    const { managedFields: _, resourceVersion: __, ...metadata } = object.metadata;
    return { ...object, metadata };
  } catch {
    return null;
  }
}
