/** The approvals of a recorder that another process runs: to ask, and to decide. */
import type { Approvals, Asking, Wait } from '../approvals/asking.ts';
import type { ApprovalMark } from '../audit/decision.ts';
import type { ApprovalLine, ApprovalView, AskedEffect, AskLine, Approvals as Listed } from '../server/api.ts';
import { gone, type Recorder, RecorderClient } from './http.ts';

const PATH = '/api/approvals';

export class RemoteApprovals implements Approvals {
  readonly #client: RecorderClient;

  constructor(recorder: Recorder) {
    this.#client = new RecorderClient(recorder);
  }

  async ask(asking: Asking, { signal, waiting }: Wait = {}): Promise<ApprovalMark> {
    let id = '';
    try {
      for await (const line of this.#client.lines<AskLine>({
        method: 'POST',
        path: PATH,
        body: asking,
        signal,
      })) {
        if ('mark' in line) return line.mark;
        id = line.waiting;
        waiting?.(id);
      }
    } catch (error) {
      if (signal?.aborted && id !== '') return { id, state: 'abandoned', by: [] };
      throw error;
    }
    throw gone('stopped before anybody decided');
  }

  async list(): Promise<ApprovalView[]> {
    return (await this.#client.json<Listed>({ path: PATH })).approvals;
  }

  /** All there is, and then each as it changes, until `signal` aborts. */
  follow(signal: AbortSignal): AsyncGenerator<ApprovalLine> {
    return this.#client.lines<ApprovalLine>({ path: PATH, query: { follow: '1' }, signal });
  }

  vote(
    id: string,
    ballot: { vote: 'approve' | 'deny'; comment?: string; minutes?: number },
  ): Promise<ApprovalView> {
    return this.#change(id, 'vote', ballot);
  }

  cancel(id: string): Promise<ApprovalView> {
    return this.#change(id, 'cancel');
  }

  revoke(id: string): Promise<ApprovalView> {
    return this.#change(id, 'revoke');
  }

  /** The body of the request that is asked about. */
  body(id: string): Promise<string> {
    return this.#client.text({ path: `${PATH}/${encodeURIComponent(id)}/body` });
  }

  /** What the request that is asked about would do, in detail. */
  effect(id: string): Promise<AskedEffect> {
    return this.#client.json<AskedEffect>({ path: `${PATH}/${encodeURIComponent(id)}/effect` });
  }

  #change(id: string, what: 'vote' | 'cancel' | 'revoke', body?: object): Promise<ApprovalView> {
    const path = `${PATH}/${encodeURIComponent(id)}/${what}`;
    return this.#client.json<ApprovalView>({ method: 'POST', path, ...(body !== undefined && { body }) });
  }
}
