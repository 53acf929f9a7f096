/**
 * Refusals of a moment ago. A client whose WebSocket is refused asks for the very same over SPDY at once: that is one
 * refusal, and nobody is asked about it, nor a session begun for it, a second time.
 */
import type { Micros } from '../../../recorder/audit/units.ts';
import type { Status } from '../../request/status.ts';
import type { Upgrading } from '../proxy/upgrade.ts';

export interface Refusal {
  /** The request that was refused. */
  request: string;
  rule: string;
  reason: string;
  status: Status;
}

const REMEMBERED: Micros = 10_000_000;
const MOST = 1000;

export class Refusals {
  readonly #recent = new Map<string, { refusal: Refusal; at: Micros }>();

  remember(upgrading: Upgrading, refusal: Refusal, at: Micros): void {
    if (upgrading.upgrade.to !== 'websocket') return;
    const key = keyOf(upgrading);
    this.#recent.delete(key);
    this.#recent.set(key, { refusal, at });
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > MOST && oldest !== undefined) this.#recent.delete(oldest);
  }

  /** The refusal that this one asks again after; each is told once. */
  repeated(upgrading: Upgrading, now: Micros): Refusal | null {
    if (upgrading.upgrade.to !== 'spdy') return null;
    const key = keyOf(upgrading);
    const found = this.#recent.get(key);
    this.#recent.delete(key);
    return found !== undefined && now - found.at < REMEMBERED ? found.refusal : null;
  }
}

/** What both have in common: who asks, in which run of kubectl, for what. */
function keyOf({ principal, action }: Upgrading): string {
  const { client, request, parameters } = action;
  const { namespace, name, subresource } = request;
  return JSON.stringify([principal.session, client, namespace, name, subresource, parameters]);
}
