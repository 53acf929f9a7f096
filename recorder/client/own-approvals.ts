/** What runs in a guarded shell takes back what its session asked: by a file that the environment names. */
import { z } from 'zod';
import type { SessionId } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import type { Approvals, ApprovalView, SessionToken } from '../server/api.ts';
import { readText } from '../store/regular-file.ts';
import { originOf } from './discover.ts';
import { type Recorder, RecorderClient } from './http.ts';

const PATH = '/api/own/approvals';
const file = z.strictObject({ url: z.string().refine((url) => originOf(url) === url), token: z.string() });

/** What lets a session's processes speak for it, asked by who records it. */
export async function sessionAccess(recorder: Recorder, session: SessionId): Promise<Recorder | null> {
  const path = `/api/sessions/${encodeURIComponent(session)}/token`;
  try {
    const { token } = await new RecorderClient(recorder).json<SessionToken>({ method: 'POST', path });
    return { url: recorder.url, token };
  } catch (error) {
    if (error instanceof ChaperoneError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

export class OwnApprovals {
  readonly #client: RecorderClient;

  private constructor(recorder: Recorder) {
    this.#client = new RecorderClient(recorder);
  }

  /**
   * Those of the session that this process runs in; null where the environment names none.
   * @throws ChaperoneError `NOT_FOUND` where the session that it names is over
   */
  static async ofEnvironment({
    CHAPERONE_SESSION: path = '',
  }: NodeJS.ProcessEnv): Promise<OwnApprovals | null> {
    if (path === '') return null;
    const read = file.safeParse(parsed((await readText(path)) ?? ''));
    if (read.success) return new OwnApprovals(read.data);
    throw new ChaperoneError('NOT_FOUND', 'the session that CHAPERONE_SESSION names is over: unset it');
  }

  async list(): Promise<ApprovalView[]> {
    return (await this.#client.json<Approvals>({ path: PATH })).approvals;
  }

  cancel(id: string): Promise<ApprovalView> {
    return this.#client.json({ method: 'POST', path: `${PATH}/${encodeURIComponent(id)}/cancel` });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
