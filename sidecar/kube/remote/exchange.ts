/**
 * One exec, attach or port-forward, from the client's request to the last event of the session that it opens.
 *
 *     request.admitted ▶ session.start ▶ command.decided ▶ the server's 101 ▶ ours ▶ … ▶ session.end ▶ request.ended
 *     └ the bearer's ┘   └───────────────── a session of its own ─────────────────────────────────┘   └ the bearer's ┘
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ulid } from 'ulid';
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { Micros, SessionId } from '../../../recorder/audit/units.ts';
import type { CommandAction, Held, KubeAction, Refused } from '../../action.ts';
import type { Waiting } from '../../gate.ts';
import type { Header } from '../../request/headers.ts';
import { Unfit } from '../../request/refusal.ts';
import { conflict, forbidden, type Status, unavailable } from '../../request/status.ts';
import { UpstreamProbe } from '../../request/trial/upstream.ts';
import { failureStatus, type Guard, HUNG_UP, type Outcome, SessionLog } from '../../session/session-log.ts';
import type { Running } from '../credentials/bearers.ts';
import { type RequestEnd, recordEnd } from '../proxy/ended.ts';
import { reasonOf } from '../proxy/failure.ts';
import { lastWords, rawHead, refuseOnSocket } from '../proxy/reply.ts';
import type { Upgrading } from '../proxy/upgrade.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { passable, type WholeAnswer, wholeAnswer } from './answer.ts';
import { type Answer, dial } from './dial.ts';
import { entranceOf, placeOf, REMOTE_COMMAND, runRemoteCommand } from './exec.ts';
import { agreeingLines, askingLines, type Offer, readAnswer, readOffer } from './handshake.ts';
import { orStop } from './or-stop.ts';
import { type RemoteParameters, readParameters } from './parameters.ts';
import { PORT_FORWARD, portsOf, runPortForward } from './port-forward.ts';
import { readProgram } from './program.ts';
import type { Refusals } from './refusals.ts';
import { TargetPod } from './target-pod.ts';
import { WaitingClient } from './waiting.ts';

export interface RemotePorts {
  guard: Guard;
  upstream: Upstream;
  /** Why a port of a Pod may not be forwarded; null for one that may. */
  refusesPort: (port: number) => string | null;
  /** Whether the policy has what somebody types recorded. */
  recordsInput: (identity: Identity) => boolean;
}

/** Said of what is answered without an attempt. */
const UNSENT = 'there is no such pod: it was looked for, and nothing was sent';

export class RemoteExchange implements Running {
  readonly #ports: RemotePorts & { refusals: Refusals };
  readonly #upgrading: Upgrading;
  readonly #offer: Offer;
  /** Ports that the query names; null where nothing is forwarded. */
  readonly #forwarded: number[] | null;
  readonly #session: SessionId = ulid();
  readonly #pod: TargetPod;
  readonly #ended = Promise.withResolvers<void>();
  /** The client until it is answered. */
  readonly #client: WaitingClient;
  /** Aborted when nobody waits for the answer any more: the client left, or we have to stop. */
  readonly #stop = new AbortController();
  /** The connection to the API server, once there is one. */
  #upstream: Duplex | null = null;
  #cut: string | null = null;
  /** What a human has approved of it. */
  readonly #held: Held[] = [];
  /** Raw bytes flow: HTTP is over. */
  #upgraded = false;

  /** @throws Unfit where the client offers nothing that could be decoded, or forwards what is no port */
  constructor(ports: RemotePorts & { refusals: Refusals }, upgrading: Upgrading) {
    const { request } = upgrading;
    const known = upgrading.upgrade.subresource === 'portforward' ? PORT_FORWARD : REMOTE_COMMAND;
    const offer = readOffer(request.method ?? '', request.headers, known);
    if (offer.kind === 'misfit') throw new Unfit('upgrade', offer.why);
    this.#ports = ports;
    this.#upgrading = upgrading;
    this.#offer = offer;
    this.#forwarded = known === PORT_FORWARD ? portsOf(upgrading.action) : null;
    const { principal, action } = upgrading;
    this.#pod = new TargetPod(action, new UpstreamProbe(ports.upstream, principal.as));
    this.#client = new WaitingClient(upgrading, () => this.#giveUp('the client went away'));
  }

  cut(reason: string): Promise<void> {
    this.#cut = reason;
    this.#giveUp(reason);
    this.#upgrading.socket.destroy();
    return this.#ended.promise;
  }

  #giveUp(reason: string): void {
    this.#stop.abort(new Error(reason));
    this.#upstream?.destroy();
  }

  /** Resolves, in every case, when the evidence of its end is stored or cannot be. */
  async run(): Promise<void> {
    const { socket } = this.#upgrading;
    // What goes wrong with the client's connection shows as its end.
    socket.on('error', () => undefined);
    const since = this.#ports.guard.clock.now();
    try {
      await this.#record(since, await this.#attempt());
    } catch (error) {
      await this.#record(since, this.#failed(error)).catch(() => undefined);
    } finally {
      this.#upstream?.destroy();
      this.#ended.resolve();
    }
  }

  async #attempt(): Promise<RequestEnd> {
    const { principal, socket } = this.#upgrading;
    const action: KubeAction = { ...this.#upgrading.action, opens: this.#session };
    const { gate } = this.#ports.guard;
    const { signal } = this.#stop;
    // A person may take their time.
    if ('setTimeout' in socket) (socket as { setTimeout(ms: number): void }).setTimeout(0);
    const before = this.#ports.refusals.repeated(this.#upgrading, this.#ports.guard.clock.now());
    if (before !== null) {
      const { request: repeats, rule, reason, status } = before;
      await gate.refuse(principal.session, { ...action, repeats }, { rule, reason });
      return this.#refuse(status);
    }
    const foresee = async () => ({ ...(await this.#pod.foresee()), opens: this.#session });
    const verdict = await gate.judge(principal.session, principal.identity, action, { signal, foresee });
    if (!verdict.ok) return this.#forbid(verdict).end;
    this.#hold(verdict.held);
    signal.throwIfAborted();
    return this.#inSession(action);
  }

  /** From the first event of the new session to its last. */
  async #inSession(action: KubeAction): Promise<RequestEnd> {
    const { principal } = this.#upgrading;
    const { guard } = this.#ports;
    const parameters = readParameters(action);
    const { namespace, name } = action.request;
    const log = new SessionLog({
      guard,
      session: this.#session,
      identity: principal.identity,
      // Where it runs in the container is not known; what is relative is taken from the root.
      cwd: '/',
      host: `${namespace}/${name}`,
      entrance: entranceOf(action, principal.session),
      remote: placeOf(action),
      gone: this.#stop.signal,
    });
    await log.start(parameters.command, parameters.tty ? { cols: 0, rows: 0, term: '' } : undefined);
    const { end, outcome } = await this.#carry(log, action, parameters).catch((error) => ({
      end: this.#failed(error),
      outcome: failed(error),
    }));
    await log.end(this.#cut === null ? outcome : { reason: 'failed', status: HUNG_UP, error: this.#cut });
    return end;
  }

  async #carry(log: SessionLog, action: KubeAction, parameters: RemoteParameters): Promise<Ended> {
    const { guard } = this.#ports;
    const offer = this.#offer;
    const ports = this.#forwarded;
    const program = readProgram(parameters, guard.analyseArgv);
    if (program.action !== null) {
      const verdict = await log.judge(program.action, this.#seen(program.action));
      if (!verdict.ok) return this.#forbid(verdict);
      this.#hold(verdict.held);
    }
    if (!(await this.#pod.isStill())) return this.#replaced();
    const key = offer.kind === 'websocket' ? randomBytes(16).toString('base64') : '';
    const answer = await this.#ask(action, askingLines(offer, key));
    if (answer.kind === 'answered') return this.#passAnswer(answer.response);
    if (answer.response.statusCode !== 101)
      throw new Error('the API server switches protocols without a 101');
    const agreement = readAnswer(offer, key, answer.response.headers);
    if (agreement.kind === 'misfit') throw new Error(`the API server cannot be believed: ${agreement.why}`);
    this.#stop.signal.throwIfAborted();
    this.#upgraded = true;
    const client = this.#client.release();
    client.socket.write(rawHead('101 Switching Protocols', agreeingLines(offer, agreement)));
    const ends = { client, server: answer };
    const recordInput = this.#ports.recordsInput(this.#upgrading.principal.identity);
    const outcome =
      ports !== null
        ? await runPortForward({
            ...{ log, agreement, ...ends, clock: guard.clock },
            ports,
            refuses: this.#ports.refusesPort,
          })
        : await runRemoteCommand({ log, agreement, parameters, program, recordInput, ...ends });
    return { end: { outcome: 'upgraded', status: 101 }, outcome };
  }

  /** A command is approved of for the pod that it runs in. */
  #seen(command: CommandAction): Waiting {
    const place = placeOf(this.#upgrading.action);
    if (place === undefined) return {};
    return { foresee: () => this.#pod.placed(command, place) };
  }

  #replaced(): Ended {
    const { request } = this.#upgrading.action;
    const status = conflict(request, 'the pod is another one than was approved of: ask again');
    return {
      end: { ...this.#refuse(status), error: status.message },
      outcome: { reason: 'refused', status: 126, error: status.message },
    };
  }

  async #ask(action: KubeAction, lines: readonly Header[]): Promise<Answer> {
    const { upstream } = this.#ports;
    const { signal } = this.#stop;
    const connecting = upstream.connect(this.#upgrading.principal.as);
    connecting.then(({ socket }) => signal.aborted && socket.destroy()).catch(() => undefined);
    const way = await orStop(connecting, signal);
    this.#upstream = way.socket;
    const { headers } = this.#upgrading;
    const asked = {
      method: action.method,
      uri: action.uri,
      host: upstream.source.server.host,
      headers: [
        // An answer that is no upgrade is small: its encoding need not be undone.
        ...headers.filter(([name]) => name !== 'accept-encoding'),
        ['Audit-ID', action.id] satisfies Header,
        ...lines,
      ],
    };
    return orStop(dial(way, asked), signal);
  }

  /** The server says something else than 101: the client hears it as it was said, and both connections end. */
  async #passAnswer(response: IncomingMessage): Promise<Ended> {
    if (response.statusCode === 401) this.#ports.upstream.rejected();
    const answer = await orStop(wholeAnswer(response, this.#ports.guard.vault), this.#stop.signal);
    await this.#giveBack(`the API server answered ${answer.said}`);
    return this.#passOn(answer);
  }

  /** @param remark what else is to be said of the request's end */
  #passOn({ said, status, summary, kept, bytes }: WholeAnswer, remark?: string): Ended {
    lastWords(this.#client.release().socket, bytes);
    const content = kept.length > 0 && { content: kept };
    return {
      end: { outcome: 'answered', status, answer: summary, ...content, ...(remark && { error: remark }) },
      outcome: { reason: 'failed', status: 1, error: `the API server answered ${said}` },
    };
  }

  #hold(held: Held | undefined): void {
    if (held !== undefined) this.#held.push(held);
  }

  /** A client whose WebSocket is not opened asks for the very same over SPDY at once: nobody decides on that again. */
  async #giveBack(reason: string): Promise<void> {
    if (this.#offer.kind !== 'websocket') return;
    const { gate } = this.#ports.guard;
    for (const held of this.#held.splice(0))
      await gate.giveBack(this.#upgrading.principal.session, held, reason);
  }

  /** Says so to a client that still waits. */
  #failed(error: unknown): RequestEnd {
    const message = reasonOf(error);
    const left = this.#stop.signal.aborted;
    if (left || this.#upgraded) this.#upgrading.socket.destroy();
    if (left) return { outcome: this.#cut === null ? 'cancelled' : 'failed', status: 0, error: message };
    if (this.#upgraded) return { outcome: 'failed', status: 101, error: message };
    return { ...this.#refuse(unavailable(503, message), 'failed'), error: message };
  }

  #forbid(verdict: Refused): Ended {
    const { refusals, guard } = this.#ports;
    const { missing } = this.#pod;
    // Nobody was asked: the server has answered.
    if (verdict.decision.effect === 'ask' && missing !== null)
      return this.#passOn(passable(missing, guard.vault), UNSENT);
    const { action } = this.#upgrading;
    const status = forbidden(action.request, verdict);
    const { rule, reason } = verdict.decision;
    refusals.remember(this.#upgrading, { request: action.id, rule, reason, status }, guard.clock.now());
    return { end: this.#refuse(status), outcome: { reason: 'refused', status: 126 } };
  }

  #refuse(status: Status, outcome: 'refused' | 'failed' = 'refused'): RequestEnd {
    refuseOnSocket(this.#client.release().socket, status);
    return { outcome, status: status.code };
  }

  #record(since: Micros, end: RequestEnd): Promise<void> {
    const { principal, action } = this.#upgrading;
    return recordEnd(this.#ports.guard, { principal, id: action.id, since }, end);
  }
}

interface Ended {
  end: RequestEnd;
  outcome: Outcome;
}

function failed(error: Error): Outcome {
  return { reason: 'failed', status: failureStatus(error), error: reasonOf(error) };
}
