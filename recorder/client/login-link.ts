/** A fresh one-time link into a recorder that runs already. */
import type { LoginLink } from '../server/api.ts';
import { type Recorder, RecorderClient } from './http.ts';

/**
 * @param next the path that the browser is shown after it logged in; the first page by default
 * @throws ChaperoneError the recorder's own, or `RECORDER_GONE`
 */
export async function requestLoginUrl(recorder: Recorder, next?: string): Promise<string> {
  const client = new RecorderClient(recorder);
  const link = await client.json<LoginLink>({ method: 'POST', path: '/api/login-link', query: { next } });
  return link.url;
}
