/** Whether this process works: for probes without login, in one word; and for who is logged in, why not wholly. */
import type { Health, Trouble } from '../api.ts';
import { sendJson, sendText } from '../reply.ts';
import type { Route } from '../router.ts';
import type { OpenRoute } from './account.ts';

export interface HealthOptions {
  /** False once the server is closing. */
  ready(): boolean;
  /** What does not work as it should, while all that matters goes on. */
  troubles(): readonly Trouble[];
}

/** What is degraded is ready all the same: the last good state of it is in force. */
export function probeRoutes({ ready, troubles }: HealthOptions): OpenRoute[] {
  return [
    { method: 'GET', path: '/livez', handle: (_request, response) => sendText(response, 200, 'ok\n') },
    {
      method: 'GET',
      path: '/readyz',
      handle: (_request, response) => {
        if (!ready()) return sendText(response, 503, 'closing\n');
        return sendText(response, 200, troubles().length === 0 ? 'ok\n' : 'degraded\n');
      },
    },
  ];
}

export function healthRoutes({ troubles }: HealthOptions): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/health',
      needs: 'health.view',
      handle: ({ response }) => {
        const found = [...troubles()];
        const state = found.length === 0 ? 'ok' : 'degraded';
        return sendJson(response, { state, troubles: found } satisfies Health);
      },
    },
  ];
}
