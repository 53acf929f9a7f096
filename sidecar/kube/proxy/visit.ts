/** One request while it is served: understood, judged, and let go on to the API server. */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity, RequestInfo } from '../../../recorder/audit/event.ts';
import { gone } from '../../../recorder/server/gone.ts';
import type { KubeAction } from '../../action.ts';
import type { Gate } from '../../gate.ts';
import type { Vault } from '../../mask/vault.ts';
import type { RequestHead } from '../../request/classify.ts';
import { Unfit } from '../../request/refusal.ts';
import type { ScaleFinding } from '../../request/scale/probe.ts';
import { forbidden } from '../../request/status.ts';
import type { Bearer, Principal, Running } from '../credentials/bearers.ts';
import { answered } from '../upstream/answered.ts';
import type { Forwarded } from '../upstream/upstream.ts';
import { type Candidate, candidate, type Recording, readHead } from './admission.ts';
import { type RequestEnd, recordEnd } from './ended.ts';
import { Exchange, type ExchangePorts, type Outcome } from './exchange.ts';
import { explain } from './failure.ts';
import { refuse } from './reply.ts';
import { readBody } from './request-body.ts';
import { refused, refuseUnfit } from './unfit.ts';

export interface VisitOptions {
  ports: ExchangePorts;
  gate: Gate;
  /** Finds out whether a write changes the number of replicas; null where nothing hangs on it. */
  scale(action: KubeAction, principal: Principal, forward: Uint8Array): Promise<ScaleFinding | null>;
  vault: Vault;
  /** How bodies of what somebody asks are masked, and how much of them is kept. */
  recording(identity: Identity, request: RequestInfo): Recording;
  /** Told of errors that nobody raised on purpose. */
  report(error: unknown): void;
}

export interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  /** True where the client waits to be told to send its body. */
  invite: boolean;
}

/** What is known of its effect. */
interface Probed extends Candidate, Pick<ScaleFinding, 'bound' | 'refusal'> {}

interface Admitted extends Probed {
  since: number;
}

/** How often a write is judged whose object keeps changing before it arrives: as often as the server applies a patch. */
const TRIES = 5;
/** Said of a write that the API server refused as a dry run: the answer to that is the answer to it. */
const UNSENT = 'the API server refuses it: it was tried in a dry run, and not sent';
/** The client left while its request was judged. */
const LEFT: RequestEnd = { outcome: 'cancelled', status: 0, error: 'the client went away' };

export class Visit implements Running {
  readonly #options: VisitOptions;
  readonly #asked: Asked;
  readonly #done = Promise.withResolvers<void>();
  #exchange: Exchange | null = null;

  constructor(options: VisitOptions, asked: Asked) {
    this.#options = options;
    this.#asked = asked;
  }

  /** Resolves, in every case, when it is answered, and the evidence of its end is stored or cannot be. */
  async serve(bearer: Bearer): Promise<void> {
    const { request, response } = this.#asked;
    try {
      bearer.enter(this);
      const principal = await bearer.principal();
      const found = await this.#understood(principal);
      if (found !== null) await this.#carry(principal, found);
    } catch (error) {
      if (response.headersSent || response.destroyed) response.destroy();
      else refuse(request, response, explain(error, this.#options.report));
    } finally {
      bearer.leave(this);
      this.#done.resolve();
    }
  }

  async cut(reason: string): Promise<void> {
    if (this.#exchange === null) this.#asked.response.destroy();
    else await this.#exchange.cut(reason);
    await this.#done.promise;
  }

  /** What is asked for; null where nothing can judge it, and it has been answered. */
  async #understood(principal: Principal): Promise<Candidate | null> {
    const { request, response, invite } = this.#asked;
    let body: Buffer | null = null;
    try {
      const head = readHead(request);
      body = await readBody(request, () => invite && response.writeContinue());
      if (body === null) return null;
      return candidate(head, body, this.#options.recording(principal.identity, head.request));
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      refuse(request, response, await refuseUnfit(this.#options, principal, request, { error, body }));
      return null;
    }
  }

  /** Judges it and lets it go on; each time anew where the object changed in between, as a request of its own. */
  async #carry(principal: Principal, found: Candidate): Promise<void> {
    let outcome: Outcome = 'overtaken';
    for (let left = TRIES; outcome === 'overtaken' && left > 0; left--) {
      const admitted = await this.#admit(principal, left === TRIES ? found : renamed(found));
      if (admitted === null) return;
      this.#exchange = this.#exchangeOf(principal, admitted, left === 1);
      outcome = await this.#exchange.run();
      this.#exchange = null;
    }
  }

  /** The request as it goes on; null where it does not, and has been answered. */
  async #admit(principal: Principal, candidate: Candidate): Promise<Admitted | null> {
    const { request, response } = this.#asked;
    const { ports, gate } = this.#options;
    const since = ports.clock.now();
    const found = await this.#probed(principal, candidate);
    const { action } = found;
    const verdict = await gate.judge(principal.session, principal.identity, action, {
      signal: gone(response),
    });
    const { id } = action;
    if (verdict.ok && !response.destroyed) return { ...found, since };
    if (verdict.ok) await recordEnd(ports, { principal, id, since }, LEFT);
    else {
      const status = forbidden(action.request, verdict);
      await recordEnd(ports, { principal, id, since }, refused(status));
      refuse(request, response, status);
    }
    return null;
  }

  /** With what a dry run tells of its effect, where the decision hangs on that; bound to the state that it was tried on. */
  async #probed(principal: Principal, found: Candidate): Promise<Probed> {
    const { action, forward } = found;
    const none = { ...found, bound: null, refusal: null };
    if (forward === null) return none;
    const finding = await this.#options.scale(action, principal, forward);
    if (finding === null) return none;
    const { scales, unknown, bound, refusal } = finding;
    return {
      ...{ ...found, bound, refusal },
      forward: bound?.body ?? forward,
      action: {
        ...action,
        scales,
        unknown: unknown === null ? action.unknown : [...action.unknown, unknown],
      },
    };
  }

  /** @param last true where it is not judged again whatever happens */
  #exchangeOf(principal: Principal, admitted: Admitted, last: boolean): Exchange {
    const { action, head, forward, since, bound, refusal } = admitted;
    const { ports, recording } = this.#options;
    return new Exchange({
      ports: refusal === null ? ports : { ...ports, upstream: answered(ports.upstream, refusal) },
      ...(refusal !== null && { remark: UNSENT }),
      ...recording(principal.identity, action.request),
      ...{ principal, response: this.#asked.response, since, id: action.id },
      forwarded: { ...forwardedOf(action, head, forward), as: principal.as },
      live: isLive(action),
      overtakenBy: last ? [] : (bound?.overtakenBy ?? []),
    });
  }
}

function renamed(found: Candidate): Candidate {
  return { ...found, action: { ...found.action, id: randomUUID() } };
}

function forwardedOf(action: KubeAction, head: RequestHead, body: Uint8Array | null): Forwarded {
  const headers = head.headers.flat();
  headers.push('audit-id', action.id);
  if (body !== null && head.mediaType !== null) headers.push('content-type', head.mediaType);
  return { method: action.method, uri: action.uri, headers, body };
}

/** What flows for as long as the client wants it. */
function isLive({ request: { verb, subresource }, parameters }: KubeAction): boolean {
  return verb === 'watch' || (subresource === 'log' && parameters.some(([name]) => name === 'follow'));
}
