/** The archive of a recorder that another process runs, read over its API. */
import { checkEvent } from '../audit/decode.ts';
import type { SessionId } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import type {
  Archive,
  SessionPage,
  SessionQuery,
  SessionSummary,
  StoredEvent,
  VerifyReport,
} from '../log/ports.ts';
import type { EventLine, VerifyLine } from '../server/api.ts';
import { gone, type Recorder, RecorderClient } from './http.ts';

type Range = { from?: number; content?: boolean; signal?: AbortSignal };

export class RemoteArchive implements Archive {
  readonly #client: RecorderClient;

  constructor(recorder: Recorder) {
    this.#client = new RecorderClient(recorder);
  }

  sessions({ before, limit, search }: SessionQuery = {}): Promise<SessionPage> {
    return this.#client.json({ path: '/api/sessions', query: { before, limit: limit?.toString(), search } });
  }

  async session(id: SessionId): Promise<SessionSummary> {
    return this.#client.json({ path: addressOf(id) });
  }

  events(id: SessionId, range: Range = {}): AsyncIterable<StoredEvent> {
    return this.#events(id, range, {});
  }

  follow(id: SessionId, range: Range = {}): AsyncIterable<StoredEvent> {
    return this.#events(id, range, { follow: '1' });
  }

  checkpoint(): Promise<string> {
    return this.#client.text({ path: '/api/checkpoint' });
  }

  async verify(options: Parameters<Archive['verify']>[0] = {}): Promise<VerifyReport> {
    const { session, checkpoint, signal, progress } = options;
    for await (const line of this.#client.lines<VerifyLine>({
      path: '/api/verify',
      query: { session, checkpoint },
      signal,
    })) {
      if ('report' in line) return line.report;
      progress?.(line.progress.done, line.progress.total);
    }
    throw gone('ended the verification without a report');
  }

  async *#events(
    id: SessionId,
    { from, content = true, signal }: Range,
    query: { follow?: string },
  ): AsyncGenerator<StoredEvent> {
    const path = `${addressOf(id)}/events`;
    const wanted = { ...query, content: content ? 'base64' : undefined, from: from?.toString() };
    const call = { path, query: wanted, signal };
    try {
      for await (const line of this.#client.lines<EventLine>(call)) yield readLine(line);
    } catch (error) {
      // Whoever aborts wants an end, not an error: the local archive does the same.
      if (signal?.aborted !== true) throw error;
    }
  }
}

function addressOf(id: SessionId): string {
  // encodeURIComponent leaves `.` and `..`, which a URL would take for a way up.
  if (!/^[0-9A-Za-z]{1,64}$/.test(id))
    throw new ChaperoneError('SESSION_UNKNOWN', 'there is no session of this id');
  return `/api/sessions/${id}`;
}

function readLine({ event, content }: EventLine): StoredEvent {
  return {
    event: checkEvent(event),
    content: typeof content === 'string' ? Buffer.from(content, 'base64') : null,
  };
}
