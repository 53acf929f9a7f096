/** Asks a running recorder which AI request did something. */
import type { Blame, Trace } from '../attribution/chain.ts';
import type { BlameOptions, BlameQuery } from '../attribution/query.ts';
import type { SessionId } from '../audit/units.ts';
import { type Recorder, RecorderClient } from './http.ts';

export class RemoteBlame {
  readonly #client: RecorderClient;

  constructor(recorder: Recorder) {
    this.#client = new RecorderClient(recorder);
  }

  /** @throws ChaperoneError the recorder's own, or `RECORDER_GONE` */
  blame(asked: BlameQuery, { limit, since }: BlameOptions): Promise<Blame> {
    const query = { ask: JSON.stringify(asked), limit: String(limit), since: String(since) };
    return this.#client.json({ path: '/api/blame', query });
  }

  /** @throws ChaperoneError the recorder's own, or `RECORDER_GONE` */
  trace(session: SessionId): Promise<Trace> {
    return this.#client.json({ path: `/api/sessions/${encodeURIComponent(session)}/trace` });
  }
}
