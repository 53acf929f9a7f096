/**
 * A port-forward: any number of connections to ports of a pod, through one connection that goes through us.
 *
 * What flows in them is nobody's terminal and is not recorded; that they were opened is, before a byte passes, and how
 * much went each way when they close.
 */
import type { DraftBody } from '../../../recorder/audit/event.ts';
import type { Clock } from '../../clock.ts';
import type { ForwardEvent, ForwardStream, PortForwardPeer } from '../wire/portforward.ts';
import { Bridge, type BridgeEnd } from './bridge.ts';
import { Connections } from './connections.ts';
import type { End } from './end.ts';

export type ForwardEnd = End<ForwardEvent, ForwardStream, PortForwardPeer>;

export interface ForwardOptions {
  client: ForwardEnd;
  server: ForwardEnd;
  clock: Clock;
  /** Resolves when it is stored. */
  record: (body: DraftBody) => Promise<void>;
  /** Why a port may not be reached; null for one that may. */
  refuses: (port: number) => string | null;
  /** See connections.ts. */
  implicit: boolean;
}

type StreamEvent = Extract<ForwardEvent, { stream: ForwardStream }>;

export class ForwardRelay {
  readonly #options: ForwardOptions;
  readonly #connections: Connections;
  readonly #bridge = new Bridge<ForwardEvent>();
  /** For each stream and direction, what is on its way. */
  readonly #ways = new Map<string, Promise<void>>();

  constructor(options: ForwardOptions) {
    this.#options = options;
    this.#connections = new Connections(options);
  }

  /** Resolves when both connections are gone and the last of the evidence is stored. */
  async run(): Promise<BridgeEnd> {
    const { client, server } = this.#options;
    const over = await this.#bridge.run({
      client,
      server,
      fromClient: (event) => this.#handle(event, client, server),
      fromServer: (event) => this.#handle(event, server, client),
      settled: () => this.#settled(),
      sayGoodbye: async (end) => this.#sayGoodbye(end),
    });
    await this.#connections.closeAll('the port-forward ended');
    return over;
  }

  async #handle(event: ForwardEvent, from: ForwardEnd, to: ForwardEnd): Promise<void> {
    switch (event.kind) {
      case 'open':
        return this.#open(event.stream, from, to);
      case 'accepted':
      case 'data':
      case 'end':
      case 'reset':
        return this.#inOrder(event, from, to);
      case 'ping':
        // As in relay.ts: a word too late would lose what is still on its way.
        return to.lively ? from.write(from.peer.pong(event.token)) : to.write(to.peer.ping(event.token));
      case 'pong':
        return to.write(to.peer.pong(event.token));
      case 'close':
        return to.write(to.peer.close(event.code, event.reason, event.last));
      case 'fault':
        this.#bridge.fail(event.message);
        return;
      case 'writable':
      case 'discarded':
        return;
    }
  }

  /** Streams are opened at the server in the order in which the client opened them. */
  async #open(stream: ForwardStream, from: ForwardEnd, to: ForwardEnd): Promise<void> {
    const refused = await this.#connections.open(stream);
    if (refused === null) await to.write(to.peer.open(stream));
    else await from.write(from.peer.reset(stream));
  }

  async #inOrder(
    event: Exclude<StreamEvent, { kind: 'open' }>,
    from: ForwardEnd,
    to: ForwardEnd,
  ): Promise<void> {
    if (this.#connections.isRefused(event.stream)) return;
    const pass = () => this.#pass(event, from, to);
    // With windows a stream that stands still does not stop the others. Without them (Kubernetes' own SPDY has none)
    // what waits for one would pile up here: they wait for each other, as they do between kubectl and kubelet.
    if (!from.peer.windowed) return pass();
    const way = `${from === this.#options.client} ${event.stream.type} ${event.stream.connection}`;
    const done = (this.#ways.get(way) ?? Promise.resolve()).then(pass);
    this.#ways.set(way, done);
    const forget = () => {
      if (this.#ways.get(way) === done) this.#ways.delete(way);
    };
    done.then(forget, (error) => {
      forget();
      this.#bridge.fail(error instanceof Error ? error.message : String(error), error);
    });
  }

  async #pass(
    event: Exclude<StreamEvent, { kind: 'open' }>,
    from: ForwardEnd,
    to: ForwardEnd,
  ): Promise<void> {
    const { stream } = event;
    const side = from === this.#options.client ? 'client' : 'server';
    switch (event.kind) {
      case 'accepted':
        return to.write(to.peer.accept(stream));
      case 'data':
        await this.#connections.passed(stream, side, event.data);
        if (event.data.length === 0) await to.write(to.peer.send(stream, event.data));
        else await to.send(stream, event.data);
        from.took(stream, event.data.length);
        return;
      case 'end':
        await to.write(to.peer.end(stream));
        return this.#connections.ended(stream, side);
      case 'reset':
        await to.write(to.peer.reset(stream, event.status));
        return this.#connections.reset(stream);
    }
  }

  async #settled(): Promise<void> {
    await Promise.allSettled([...this.#ways.values()]);
  }

  #sayGoodbye(over: BridgeEnd): void {
    const { client, server } = this.#options;
    const nothing = new Uint8Array();
    switch (over.kind) {
      case 'ended':
        client.end(nothing);
        break;
      case 'left':
        server.end(nothing);
        break;
      case 'refused':
      case 'broken':
        server.end(server.peer.close(1000));
        client.end(client.peer.close(1011, 'the session could not go on'));
        break;
    }
  }
}
