/** The API server, as far as one request is concerned that it has answered already. */
import type { Dispatcher } from 'undici';
import type { Heard } from '../../request/trial/trial.ts';
import type { ApiServer } from './upstream.ts';

/** What is sent gets `heard` for an answer, and reaches nobody. */
export function answered(server: ApiServer, heard: Heard): ApiServer {
  return {
    source: server.source,
    rejected: () => server.rejected(),
    async send(_forwarded, handler) {
      const controller = still([...heard.headers] as Buffer[]);
      handler.onRequestStart?.(controller, {});
      handler.onResponseStart?.(controller, heard.status, {});
      handler.onResponseData?.(controller, Buffer.from(heard.body));
      handler.onResponseEnd?.(controller, {});
    },
  };
}

/** Nothing flows that could be held up. */
function still(rawHeaders: Buffer[]): Dispatcher.DispatchController {
  return {
    ...{ aborted: false, paused: false, reason: null, rawHeaders },
    abort: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
  };
}
