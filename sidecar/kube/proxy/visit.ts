/** One request while it is served: understood, judged, and let go on to the API server. */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { RequestInfo } from '../../../recorder/audit/request.ts';
import { gone } from '../../../recorder/server/gone.ts';
import type { Held, KubeAction } from '../../action.ts';
import type { Gate } from '../../gate.ts';
import type { Vault } from '../../mask/vault.ts';
import type { RequestHead } from '../../request/classify.ts';
import type { Found } from '../../request/probe.ts';
import { Unfit } from '../../request/refusal.ts';
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
  /**
   * Asks the API server what only that can tell of a write; null where nothing hangs on it.
   * @param foresee what a human is to be shown of it; null where nobody is asked
   */
  probe(
    write: Pick<Candidate, 'action' | 'forward'>,
    principal: Principal,
    foresee: { anew: Found['anew'] } | null,
  ): Promise<Found | null>;
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
interface Probed extends Candidate, Pick<Found, 'bound' | 'refusal' | 'anew'> {}

interface Admitted extends Probed {
  since: number;
  /** What stands behind it, for the case that it could not be done. */
  held?: Held | undefined;
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
    let held: Held | undefined;
    for (let left = TRIES; outcome === 'overtaken' && left > 0; left--) {
      const admitted = await this.#admit(principal, left === TRIES ? found : renamed(found), held);
      if (admitted === null) return;
      held = admitted.held;
      this.#exchange = this.#exchangeOf(principal, admitted, left === 1);
      outcome = await this.#exchange.run();
      this.#exchange = null;
    }
  }

  /** The request as it goes on, or as the server has answered it; null where it is refused, and that was said. */
  async #admit(principal: Principal, candidate: Candidate, held: Held | undefined): Promise<Admitted | null> {
    const { request, response } = this.#asked;
    const { ports, gate } = this.#options;
    const since = ports.clock.now();
    let found = await this.#probed(principal, candidate, null);
    const verdict = await gate.judge(principal.session, principal.identity, found.action, {
      // Made where somebody waits: to be able to abort costs more than most decisions.
      get signal() {
        return gone(response);
      },
      held,
      foresee: async () => {
        found = await this.#probed(principal, candidate, found);
        return found.action;
      },
    });
    const { id } = candidate.action;
    const answered = !verdict.ok && verdict.decision.effect === 'ask' && found.action.moot === true;
    if (!verdict.ok && !answered) {
      const status = forbidden(candidate.action.request, verdict);
      await recordEnd(ports, { principal, id, since }, refused(status));
      refuse(request, response, status);
      return null;
    }
    if (!response.destroyed) return { ...found, since, held: verdict.ok ? verdict.held : undefined };
    await recordEnd(ports, { principal, id, since }, LEFT);
    return null;
  }

  /**
   * With what the server tells of it, where something hangs on that; bound to the state that it was tried on.
   * @param foresee what was found of what it would do when a human was asked before; null where none is
   */
  async #probed(
    principal: Principal,
    candidate: Candidate,
    foresee: Pick<Found, 'anew'> | null,
  ): Promise<Probed> {
    const found = await this.#options.probe(candidate, principal, foresee);
    if (found === null) return { ...candidate, bound: null, refusal: null, anew: null };
    const { bound } = found;
    if (bound === null) return { ...candidate, ...found };
    const head = { ...candidate.head, mediaType: bound.type };
    return { ...found, head, forward: bound.body };
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
      changes: action.dryRun || refusal !== null ? null : action.request,
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
