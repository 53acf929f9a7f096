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
import type { BodySummary, Micros, SessionId } from '../../../recorder/audit/event.ts';
import type { KubeAction } from '../../action.ts';
import { failureStatus, type Guard, type Outcome, SessionLog } from '../../session/session-log.ts';
import type { Running } from '../credentials/bearers.ts';
import { reasonOf } from '../proxy/failure.ts';
import { mediaType, wholeBody } from '../proxy/ledger.ts';
import { refuseOnSocket, type Upgrading } from '../proxy/upgrade.ts';
import { Unfit } from '../refusal.ts';
import { forbidden, type Status, unavailable } from '../status.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { type Answer, dial } from './dial.ts';
import { entranceOf, REMOTE_COMMAND, runRemoteCommand } from './exec.ts';
import { agreeingLines, askingLines, type Lines, type Offer, readAnswer, readOffer } from './handshake.ts';
import { type RemoteParameters, readParameters } from './parameters.ts';
import { PORT_FORWARD, portsOf, runPortForward } from './port-forward.ts';
import { readProgram } from './program.ts';

export interface RemotePorts {
  guard: Guard;
  upstream: Upstream;
}

/** How a request ended, for its bearer's session. */
interface RequestEnd {
  outcome: 'answered' | 'refused' | 'failed' | 'upgraded';
  status: number;
  error?: string;
  answer?: BodySummary;
  content?: Buffer;
}

/** Of an answer that is no upgrade; the API server's Status is small. */
const ANSWER_LIMIT = 1 << 20;

export class RemoteExchange implements Running {
  readonly #ports: RemotePorts;
  readonly #upgrading: Upgrading;
  readonly #offer: Offer;
  readonly #session: SessionId = ulid();
  readonly #ended = Promise.withResolvers<void>();
  /** The connection to the API server, once there is one. */
  #upstream: Duplex | null = null;
  #cut: string | null = null;

  /** @throws Unfit where the client offers nothing that could be decoded */
  constructor(ports: RemotePorts, upgrading: Upgrading) {
    const { request } = upgrading;
    const known = upgrading.upgrade.subresource === 'portforward' ? PORT_FORWARD : REMOTE_COMMAND;
    const offer = readOffer(request.method ?? '', request.headers, known);
    if (offer.kind === 'misfit') throw new Unfit('upgrade', offer.why);
    this.#ports = ports;
    this.#upgrading = upgrading;
    this.#offer = offer;
  }

  cut(reason: string): Promise<void> {
    this.#cut = reason;
    this.#upgrading.socket.destroy();
    this.#upstream?.destroy();
    return this.#ended.promise;
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
      const message = reasonOf(error instanceof Error ? error : new Error(String(error)));
      const end = this.#refuse(unavailable(503, message), 'failed');
      await this.#record(since, { ...end, error: message }).catch(() => undefined);
    } finally {
      this.#upstream?.destroy();
      this.#ended.resolve();
    }
  }

  async #attempt(): Promise<RequestEnd> {
    const { principal, socket } = this.#upgrading;
    const action: KubeAction = { ...this.#upgrading.action, opens: this.#session };
    const verdict = await this.#ports.guard.gate.judge(principal.session, principal.identity, action);
    if (!verdict.ok) return this.#refuse(forbidden(action.request, verdict.decision, verdict.message));
    if ('setTimeout' in socket) (socket as { setTimeout(ms: number): void }).setTimeout(0);
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
    });
    await log.start(parameters.command, parameters.tty ? { cols: 0, rows: 0, term: '' } : undefined);
    const { end, outcome } = await this.#carry(log, action, parameters).catch((error) => ({
      end: this.#refuse(unavailable(503, reasonOf(error)), 'failed'),
      outcome: failed(error),
    }));
    await log.end(this.#cut === null ? outcome : { ...outcome, reason: 'failed', error: this.#cut });
    return end;
  }

  async #carry(log: SessionLog, action: KubeAction, parameters: RemoteParameters): Promise<Ended> {
    const { guard } = this.#ports;
    const offer = this.#offer;
    const program = readProgram(parameters, guard.analyseArgv);
    if (program.action !== null) {
      const verdict = await log.judge(program.action);
      if (!verdict.ok) {
        const status = forbidden(action.request, verdict.decision, verdict.message);
        return { end: this.#refuse(status), outcome: { reason: 'refused', status: 126 } };
      }
    }
    const key = offer.kind === 'websocket' ? randomBytes(16).toString('base64') : '';
    const answer = await this.#ask(action, askingLines(offer, key));
    if (answer.kind === 'answered') return this.#passAnswer(answer.response);
    const agreement = readAnswer(offer, key, answer.response.headers);
    if (agreement.kind === 'misfit') throw new Error(`the API server cannot be believed: ${agreement.why}`);
    const { socket, head, upgrade } = this.#upgrading;
    socket.write(headOf('101 Switching Protocols', agreeingLines(offer, agreement)));
    const ends = { client: { socket, head }, server: answer };
    const outcome =
      upgrade.subresource === 'portforward'
        ? await runPortForward({
            ...{ log, agreement, ...ends, clock: guard.clock },
            ports: portsOf(action),
            refuses: () => null,
          })
        : await runRemoteCommand({ log, agreement, parameters, program, ...ends });
    return { end: { outcome: 'upgraded', status: 101 }, outcome };
  }

  async #ask(action: KubeAction, lines: Lines): Promise<Answer> {
    const { upstream } = this.#ports;
    const way = await upstream.connect();
    this.#upstream = way.socket;
    if (this.#cut !== null) way.socket.destroy();
    const { headers } = this.#upgrading;
    return dial(way, {
      method: action.method,
      uri: action.uri,
      host: upstream.source.server.host,
      lines: [
        ...headers.map(([name, value]): Lines[number] => [name, value]),
        ['Audit-ID', action.id],
        ...lines,
      ],
    });
  }

  /** The server says something else than 101: the client hears it as it was said, and both connections end. */
  async #passAnswer(response: IncomingMessage): Promise<Ended> {
    const body = await bodyOf(response);
    const status = response.statusCode ?? 502;
    const type = response.headers['content-type'];
    const { socket } = this.#upgrading;
    const lines: Lines = [
      ['Connection', 'close'],
      ...(type === undefined ? [] : [['Content-Type', type] as Lines[number]]),
      ['Content-Length', String(body.length)],
    ];
    const said = `${status} ${(response.statusMessage ?? '').replace(/[^\x20-\x7e]/g, '')}`;
    const { summary, kept } = wholeBody(body, mediaType(type), ANSWER_LIMIT);
    const error = `the API server answered ${said.trim()}`;
    socket.end(Buffer.concat([Buffer.from(headOf(said, lines)), body]));
    return {
      end: { outcome: 'answered', status, answer: summary, ...(kept.length > 0 && { content: kept }) },
      outcome: { reason: 'failed', status: 1, error },
    };
  }

  #refuse(status: Status, outcome: 'refused' | 'failed' = 'refused'): RequestEnd {
    refuseOnSocket(this.#upgrading.socket, status);
    return { outcome, status: status.code };
  }

  #record(since: Micros, end: RequestEnd): Promise<void> {
    const { guard } = this.#ports;
    const { principal, action } = this.#upgrading;
    const at = guard.clock.now();
    const body = { type: 'request.ended' as const, id: action.id, micros: at - since, ...end };
    return guard.journal.append(principal.session, [{ at, body }]);
  }
}

interface Ended {
  end: RequestEnd;
  outcome: Outcome;
}

function failed(error: Error): Outcome {
  return { reason: 'failed', status: failureStatus(error), error: reasonOf(error) };
}

function headOf(status: string, lines: Lines): string {
  return [`HTTP/1.1 ${status}`, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
}

/** @throws Error where it breaks off, or is longer than an answer can be that is not an upgrade */
async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response) {
    pieces.push(piece);
    length += piece.length;
    if (length > ANSWER_LIMIT)
      throw new Error(`the API server answered with more than ${ANSWER_LIMIT} bytes`);
  }
  return Buffer.concat(pieces);
}
