/** Asks a running recorder what somebody has, and to end it. */
import type { Belongings, Offboarded } from '../offboard/offboard.ts';
import { type Recorder, RecorderClient } from './http.ts';

export class RemoteOffboard {
  readonly #client: RecorderClient;

  constructor(recorder: Recorder) {
    this.#client = new RecorderClient(recorder);
  }

  /** Changes nothing. @throws ChaperoneError the recorder's own, or `RECORDER_GONE` */
  look(users: readonly string[]): Promise<Belongings> {
    const query = new URLSearchParams(users.map((user): [string, string] => ['user', user]));
    return this.#client.json({ path: `/api/offboard?${query}` });
  }

  /** @throws ChaperoneError the recorder's own, or `RECORDER_GONE` */
  end(users: readonly string[]): Promise<Offboarded> {
    return this.#client.json({ method: 'POST', path: '/api/offboard', body: { users } });
  }
}
