/**
 * The Kubernetes API proxy: authenticate → classify → judge and record → forward → record and pass on.
 * Nothing is served without a bearer token, and nothing that cannot be recorded.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Identity, RequestInfo } from '../../../recorder/audit/event.ts';
import { ChaperoneError } from '../../../recorder/errors.ts';
import type { KubeAction } from '../../action.ts';
import type { Gate } from '../../gate.ts';
import type { Vault } from '../../mask/vault.ts';
import type { Bearer, Bearers, Principal } from '../credentials/bearers.ts';
import type { RequestHead } from '../request/classify.ts';
import { Unfit } from '../request/refusal.ts';
import type { ScaleFinding } from '../request/scale/probe.ts';
import { forbidden, type Status, unauthenticated, unavailable, unfit } from '../request/status.ts';
import { answered } from '../upstream/answered.ts';
import type { Forwarded } from '../upstream/upstream.ts';
import { type Candidate, candidate, type Recording, readHead, unfitAction } from './admission.ts';
import { type RequestEnd, recordEnd } from './ended.ts';
import { Exchange, type ExchangePorts, type Outcome } from './exchange.ts';
import { refuseOnSocket, sendStatus } from './reply.ts';
import { announcesBody, readBody } from './request-body.ts';
import type { UpgradeHandler } from './upgrade.ts';
import { Visit } from './visit.ts';

export interface ProxyOptions {
  ports: ExchangePorts;
  gate: Gate;
  bearers: Bearers;
  /** Finds out whether a write changes the number of replicas; null where nothing hangs on it. */
  scale(action: KubeAction, identity: Identity, forward: Uint8Array): Promise<ScaleFinding | null>;
  vault: Vault;
  /** How bodies of what somebody asks are masked, and how much of them is kept. */
  recording(identity: Identity, request: RequestInfo): Recording;
  /** Who carries exec, attach and port-forward; without one they are refused. */
  upgrades: UpgradeHandler | null;
  /** Told of errors that nobody raised on purpose. */
  report(error: unknown): void;
}

export class ApiProxy {
  readonly #options: ProxyOptions;

  constructor(options: ProxyOptions) {
    this.#options = options;
  }

  /** @param invite true where the client waits to be told to send its body */
  async request(request: IncomingMessage, response: ServerResponse, invite: boolean): Promise<void> {
    const bearer = this.#options.bearers.find(request.headers.authorization);
    if (bearer === null) {
      refuse(request, response, unauthenticated());
      return;
    }
    const visit = new Visit(response, (own) => this.#visit(own, bearer, { request, response, invite }));
    await visit.done;
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const bearer = this.#options.bearers.find(request.headers.authorization);
    if (bearer === null) return refuseOnSocket(socket, unauthenticated());
    try {
      await this.#upgrade(bearer, request, { socket, head });
    } catch (error) {
      refuseOnSocket(socket, this.#explain(error));
    }
  }

  async #visit(visit: Visit, bearer: Bearer, asked: Asked): Promise<void> {
    const { request, response } = asked;
    try {
      bearer.enter(visit);
      const principal = await bearer.principal();
      const found = await this.#understood(principal, asked);
      if (found !== null) await this.#serve(visit, principal, { asked, found });
    } catch (error) {
      if (!response.headersSent && !response.destroyed) refuse(request, response, this.#explain(error));
      else response.destroy();
    } finally {
      bearer.leave(visit);
    }
  }

  /** What is asked for; null where nothing can judge it, and it has been answered. */
  async #understood(principal: Principal, { request, response, invite }: Asked): Promise<Candidate | null> {
    let body: Buffer | null = null;
    try {
      const head = readHead(request);
      body = await readBody(request, () => invite && response.writeContinue());
      if (body === null) return null;
      return candidate(head, body, this.#options.recording(principal.identity, head.request));
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      const status = await this.#refuseUnfit(principal, request, { error, body });
      refuse(request, response, status);
      return null;
    }
  }

  /** Judges it and lets it go on; each time anew where the object changed in between, as a request of its own. */
  async #serve(
    visit: Visit,
    principal: Principal,
    { asked, found }: { asked: Asked; found: Candidate },
  ): Promise<void> {
    let outcome: Outcome = 'overtaken';
    for (let left = TRIES; outcome === 'overtaken' && left > 0; left--) {
      const again = left === TRIES ? found : renamed(found);
      const admitted = await this.#admit(principal, asked, again);
      if (admitted === null) return;
      outcome = await visit.run(this.#exchange(principal, admitted, { asked, last: left === 1 }));
    }
  }

  /** The request as it goes on; null where it does not, and has been answered. */
  async #admit(
    principal: Principal,
    { request, response }: Asked,
    candidate: Candidate,
  ): Promise<Admitted | null> {
    const { ports, gate } = this.#options;
    const since = ports.clock.now();
    const found = await this.#probed(principal, candidate);
    const { action } = found;
    const verdict = await gate.judge(principal.session, principal.identity, action);
    const { id } = action;
    if (verdict.ok && !response.destroyed) return { ...found, since };
    if (verdict.ok) await recordEnd(ports, { principal, id, since }, LEFT);
    else {
      const status = forbidden(action.request, verdict.decision);
      await recordEnd(ports, { principal, id, since }, refused(status));
      refuse(request, response, status);
    }
    return null;
  }

  /** With what a dry run tells of its effect, where the decision hangs on that; bound to the state that it was tried on. */
  async #probed({ identity }: Principal, found: Candidate): Promise<Probed> {
    const { action, forward } = found;
    const none = { ...found, bound: null, refusal: null };
    if (forward === null) return none;
    const finding = await this.#options.scale(action, identity, forward);
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

  #exchange(
    principal: Principal,
    { action, head, forward, since, bound, refusal }: Admitted,
    { asked: { response }, last }: { asked: Asked; last: boolean },
  ): Exchange {
    const { ports } = this.#options;
    return new Exchange({
      ports: refusal === null ? ports : { ...ports, upstream: answered(ports.upstream, refusal) },
      ...(refusal !== null && { remark: UNSENT }),
      ...this.#options.recording(principal.identity, action.request),
      ...{ principal, response, since, id: action.id },
      forwarded: forwardedOf(action, head, forward),
      live: isLive(action),
      overtakenBy: last ? [] : (bound?.overtakenBy ?? []),
    });
  }

  async #upgrade(
    bearer: Bearer,
    request: IncomingMessage,
    { socket, head: early }: { socket: Duplex; head: Buffer },
  ): Promise<void> {
    const principal = await bearer.principal();
    try {
      const head = readHead(request);
      if (announcesBody(request)) throw new Unfit('body-unexpected', 'what is to be upgraded has no body');
      const { upgrade } = head;
      const { upgrades } = this.#options;
      if (upgrade === null || upgrades === null) {
        throw new Unfit('upgrade', 'this version carries no exec, attach or port-forward');
      }
      const { action } = candidate(
        head,
        Buffer.alloc(0),
        this.#options.recording(principal.identity, head.request),
      );
      const { headers } = head;
      await upgrades.handle({ principal, action, upgrade, headers, request, socket, head: early }, bearer);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      refuseOnSocket(socket, await this.#refuseUnfit(principal, request, { error, body: null }));
    }
  }

  /** What cannot be judged is recorded all the same. */
  async #refuseUnfit(
    principal: Principal,
    request: IncomingMessage,
    { error, body }: { error: Unfit; body: Buffer | null },
  ): Promise<Status> {
    const { refusal } = error;
    const { ports, gate, vault } = this.#options;
    const since = ports.clock.now();
    const action = unfitAction(request, { refusal, body, vault });
    const status = unfit(refusal);
    const rule = `builtin/unfit-${refusal.code}`;
    await gate.refuse(principal.session, action, { rule, reason: refusal.message });
    await recordEnd(ports, { principal, id: action.id, since }, refused(status));
    return status;
  }

  #explain(error: unknown): Status {
    if (!(error instanceof ChaperoneError)) {
      this.#options.report(error);
      return unavailable(503, 'this request failed for a reason that stands in the log of chaperone');
    }
    return error.code === 'UNAUTHENTICATED' ? unauthenticated() : unavailable(503, error.message);
  }
}

/** How often a write is judged whose object keeps changing before it arrives: as often as the server applies a patch. */
const TRIES = 5;
/** Said of a write that the API server refused as a dry run: the answer to that is the answer to it. */
const UNSENT = 'the API server refuses it: it was tried in a dry run, and not sent';

/** The client left while its request was judged. */
const LEFT: RequestEnd = { outcome: 'cancelled', status: 0, error: 'the client went away' };

function refused({ code }: Status): RequestEnd {
  return { outcome: 'refused', status: code };
}

interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  invite: boolean;
}

/** What is known of its effect. */
interface Probed extends Candidate, Pick<ScaleFinding, 'bound' | 'refusal'> {}

interface Admitted extends Probed {
  since: number;
}

function renamed(found: Candidate): Candidate {
  return { ...found, action: { ...found.action, id: randomUUID() } };
}

/** Answers; where the rest of the request is still to come, the connection ends with it. */
function refuse(request: IncomingMessage, response: ServerResponse, status: Status): void {
  if (!request.complete) response.setHeader('connection', 'close');
  sendStatus(response, status, request.method ?? '');
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
