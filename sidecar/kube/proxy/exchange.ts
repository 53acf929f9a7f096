/**
 * One request that was let go on: sent to the API server, its answer stored and then passed on, its end recorded.
 *
 *     holding ──all of it came soon──▶ request.ended (with the whole body) ──▶ client
 *        │ it is large, slow, or a watch
 *        ▼
 *     flowing: piece ──▶ request.answer ──▶ client, … , last piece ──▶ request.ended ──▶ client
 *
 * A byte is passed on only when it is stored (or is beyond what the policy keeps). While a piece is being stored the
 * next one gathers: so pieces grow where much comes, and nothing waits where little does.
 */
import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { ChangedObject, RequestInfo } from '../../../recorder/audit/request.ts';
import type { Journal } from '../../../recorder/log/ports.ts';
import type { Clock } from '../../clock.ts';
import type { BodyMask } from '../../mask/body.ts';
import { changedObject } from '../../request/changed-object.ts';
import type { Header } from '../../request/headers.ts';
import { unavailable } from '../../request/status.ts';
import type { Running } from '../credentials/bearers.ts';
import type { ApiServer, Forwarded } from '../upstream/upstream.ts';
import { type EndOf, type RequestEnd, recordEnd } from './ended.ts';
import { noAnswer, reasonOf, wasUnheard } from './failure.ts';
import { Flow } from './flow.ts';
import { type AnswerHead, answerHead, hasBody, withoutLength } from './head.ts';
import { joined } from './joined.ts';
import { mediaType, wholeBody } from './ledger.ts';
import type { RequestMasking } from './masking.ts';
import { sendStatus } from './reply.ts';

/** What every exchange works with. */
export interface ExchangePorts {
  upstream: ApiServer;
  journal: Journal;
  clock: Clock;
}

export interface ExchangeOptions extends EndOf {
  ports: ExchangePorts;
  forwarded: Forwarded;
  response: ServerResponse;
  masking: RequestMasking;
  /** The most bytes of the answer that are kept. */
  keep: number;
  /** What it asks for, where the server is to change something. */
  changes: RequestInfo | null;
  /** True for what flows as it comes: a watch, a log that is followed. */
  live: boolean;
  /** Statuses that the client does not get to see: what was judged is no more, and is to be judged again. */
  overtakenBy: readonly number[];
  /** What else is to be said of its end. */
  remark?: string;
}

/** Whether the client has its answer, or none because the request was `overtaken`. */
export type Outcome = 'over' | 'overtaken';

/** An answer that is all there within this time, and no larger, is recorded and passed on as one. */
const HELD_BYTES = 64 * 1024;
const HELD_MS = 10;

const OVERTAKEN = 'its object changed after it was judged: judged again';

export class Exchange implements Dispatcher.DispatchHandler, Running {
  readonly #options: ExchangeOptions;
  readonly #ended = Promise.withResolvers<Outcome>();
  #controller: Dispatcher.DispatchController | null = null;
  #head: AnswerHead | null = null;
  #mask: BodyMask | null = null;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #timer: NodeJS.Timeout | null = null;
  #flow: Flow | null = null;
  #retried = false;
  /** Set once, by what ends it first. */
  #over = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** Runs it to its end. Resolves, in every case, when the evidence of its end is stored or cannot be. */
  async run(): Promise<Outcome> {
    const { response } = this.#options;
    response.once('close', () => {
      if (!response.writableFinished) void this.#stop('cancelled', 'the client went away');
    });
    await this.#send();
    return this.#ended.promise;
  }

  async cut(reason: string): Promise<void> {
    void this.#stop('failed', reason);
    await this.#ended.promise;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error('it is over'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    message?: string,
  ): void {
    // Interim answers (RFC 9110, 15.2) concern the next hop; the API server sends none.
    if (status < 200 || this.#over) return;
    const { upstream } = this.#options.ports;
    if (status === 401) upstream.rejected();
    if (this.#options.overtakenBy.includes(status)) {
      void this.#overtaken(controller);
      return;
    }
    this.#head = answerHead(status, message ?? '', controller.rawHeaders as Buffer[]);
    const { encoding } = this.#head;
    try {
      this.#mask = this.#options.masking.answer(this.#head, hasBody(this.#options.forwarded.method, status));
    } catch (error) {
      void this.#stop('failed', error);
      return;
    }
    if (encoding !== null && encoding !== 'gzip') {
      void this.#stop('failed', `the answer's encoding ${encoding.slice(0, 40)} cannot be recorded`);
    } else if (this.#options.live || encoding !== null) this.#startFlow();
    else this.#timer = setTimeout(() => this.#startFlow(), HELD_MS);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    if (this.#flow === null) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      if (this.#heldBytes > HELD_BYTES) this.#startFlow();
    } else if (!this.#flow.push(chunk)) controller.pause();
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: unknown): void {
    if (this.#over) return;
    if (this.#flow !== null) this.#flow.end(trailers as Record<string, string>);
    else if (Object.keys(trailers ?? {}).length > 0)
      this.#startFlow().end(trailers as Record<string, string>);
    else
      void this.#answerWhole().catch((error) =>
        this.#over ? this.#lose(error) : this.#stop('failed', error),
      );
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#over) return;
    const { method } = this.#options.forwarded;
    // As client libraries do: a kept connection that was closed as we wrote to it says nothing of the server.
    if (
      this.#head === null &&
      !this.#retried &&
      wasUnheard(error) &&
      (method === 'GET' || method === 'HEAD')
    ) {
      this.#retried = true;
      void this.#send();
    } else if (this.#head === null) void this.#stop('failed', error);
    // What has come goes on, as it would without us.
    else (this.#flow ?? this.#startFlow()).break(error);
  }

  async #send(): Promise<void> {
    const { ports, forwarded } = this.#options;
    this.#controller = null;
    try {
      await ports.upstream.send(forwarded, this);
    } catch (error) {
      await this.#stop('failed', error);
    }
  }

  /** All of it is here: one event, then the answer in one piece. */
  async #answerWhole(): Promise<void> {
    const { response, forwarded, keep } = this.#options;
    const head = this.#head!;
    const body = joined(this.#held);
    const mask = this.#mask!;
    const first = mask.push(body);
    const last = mask.end();
    this.#settle();
    const record = joined([first.record, last.record]);
    const agent = joined([first.agent, last.agent]);
    const whole = { stored: record, sent: body.length, masked: mask.masked };
    const { summary, kept } = wholeBody(whole, mediaType(head.contentType), keep);
    const answer = body.length === 0 ? {} : { answer: summary, ...(kept.length > 0 && { content: kept }) };
    const error = this.#options.remark;
    const object = this.#changed(body);
    await this.#record({
      ...{ outcome: 'answered', status: head.status, ...answer },
      ...(object !== null && { object }),
      ...(error && { error }),
    });
    if (hasBody(forwarded.method, head.status)) {
      this.#writeHead([...withoutLength(head), ['content-length', String(agent.length)]]);
    } else this.#writeHead(forwarded.method === 'HEAD' ? head.headers : withoutLength(head));
    response.end(agent);
    this.#finish();
  }

  #changed(bytes: Uint8Array): ChangedObject | null {
    const { changes } = this.#options;
    const { status, contentType } = this.#head!;
    if (changes === null) return null;
    const type = mediaType(contentType).split(';', 1)[0]!;
    return changedObject(changes, { status, type, bytes });
  }

  #startFlow(): Flow {
    const { response, keep, id, principal, ports } = this.#options;
    const head = this.#head!;
    this.#unhold();
    const mask = this.#mask!;
    const flow = new Flow({
      ...{ response, keep, mask },
      kind: {
        type: mediaType(head.contentType),
        ...(head.encoding === 'gzip' && { encoding: 'gzip' as const }),
      },
      store: (content) => {
        const at = ports.clock.now();
        return ports.journal.append(principal.session, [
          { at, body: { type: 'request.answer', id, content } },
        ]);
      },
      relieved: () => this.#controller?.resume(),
    });
    this.#flow = flow;
    for (const chunk of this.#held.splice(0)) flow.push(chunk);
    void this.#follow(flow, head).catch((error) =>
      this.#over ? this.#lose(error) : this.#stop('failed', error),
    );
    return flow;
  }

  async #follow(flow: Flow, head: AnswerHead): Promise<void> {
    // What is masked may be longer than it was.
    const { forwarded } = this.#options;
    const asItWas = head.encoding !== null || !hasBody(forwarded.method, head.status);
    this.#writeHead(asItWas ? head.headers : withoutLength(head));
    if (flow.idle) this.#options.response.flushHeaders();
    const last = await flow.run();
    if (this.#over) return;
    this.#settle();
    const { summary, tail, broken } = last;
    await this.#record({
      outcome: broken === null ? 'answered' : 'failed',
      status: head.status,
      ...(summary !== null && { answer: summary }),
      ...(tail.length > 0 && { content: tail }),
      ...(broken !== null && { error: reasonOf(broken) }),
    });
    flow.finish(last);
    this.#finish();
  }

  #writeHead(headers: readonly Header[]): void {
    const { response } = this.#options;
    const { status, message } = this.#head!;
    response.sendDate = false;
    response.writeHead(status, message, headers.flat());
  }

  /** The end of a whole answer cannot be recorded: the client does not get to see it. */
  #lose(error: unknown): void {
    const { response, forwarded } = this.#options;
    if (response.headersSent) response.destroy();
    else sendStatus(response, unavailable(503, reasonOf(error)), forwarded.method);
    this.#finish();
  }

  /** Nothing of it has reached the client, nor will. */
  async #overtaken(controller: Dispatcher.DispatchController): Promise<void> {
    this.#settle();
    controller.abort(new Error(OVERTAKEN));
    try {
      await this.#record({ outcome: 'failed', status: 0, error: OVERTAKEN });
      this.#finish('overtaken');
    } catch (error) {
      this.#lose(error);
    }
  }

  /** Ends it early, whatever it was doing. */
  async #stop(outcome: 'failed' | 'cancelled', why: unknown): Promise<void> {
    if (this.#over) return;
    this.#settle();
    const { response, forwarded, ports } = this.#options;
    const { host } = ports.upstream.source.server;
    const error = reasonOf(why);
    this.#controller?.abort(new Error(error));
    const answerable = outcome === 'failed' && !response.headersSent && !response.destroyed;
    // A controller is there once a connection stands.
    const refusal = answerable ? noAnswer(why, host, this.#controller !== null) : null;
    const status = refusal?.code ?? (response.headersSent ? response.statusCode : 0);
    const { summary = null, tail = null } = this.#flow?.stop() ?? {};
    await this.#record({
      ...{ outcome, status, error },
      ...(summary !== null && { answer: summary }),
      ...(tail !== null && tail.length > 0 && { content: tail }),
    }).catch(() => undefined);
    if (refusal === null) response.destroy();
    else sendStatus(response, refusal, forwarded.method);
    this.#finish();
  }

  #record(end: RequestEnd): Promise<void> {
    return recordEnd(this.#options.ports, this.#options, end);
  }

  #unhold(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #settle(): void {
    this.#over = true;
    this.#unhold();
  }

  #finish(outcome: Outcome = 'over'): void {
    this.#ended.resolve(outcome);
  }
}
