/** Two ends of one connection that goes through us: both are read until it is over, and then both are gone. */
import { setTimeout as delay } from 'node:timers/promises';

/**
 * `ended`: the server closed; `left`: the client did, before; `refused`: what came in was; `broken`: a peer broke its
 * protocol, or what happened could not be recorded.
 */
export type BridgeEnd =
  | { kind: 'ended' }
  | { kind: 'left' }
  | { kind: 'refused'; message: string }
  | { kind: 'broken'; message: string; error?: unknown };

/** What a bridge needs of an end, see end.ts. */
export interface Bank<Event> {
  events(): AsyncIterable<Event>;
  flushed(): Promise<void>;
  closed(milliseconds: number): Promise<void>;
}

export interface Traffic<Event> {
  client: Bank<Event>;
  server: Bank<Event>;
  /** Handles one event before the next of the same side is read. */
  fromClient(event: Event): Promise<void>;
  fromServer(event: Event): Promise<void>;
  /** Resolves when what was handled is stored and passed on. */
  settled(): Promise<void>;
  /** Tells both sides why, in the order in which they can still hear it. */
  sayGoodbye(over: BridgeEnd): Promise<void>;
  /** Both connections are gone: nobody waits for a decision any more. */
  gone?(): void;
}

/** How long a peer may take to close after it was told. */
const CLOSE_MS = 2000;
/** The same for a client that gets all that there was: what it has not read yet would be lost. */
const LINGER_MS = 60_000;

export class Bridge<Event> {
  readonly #over = Promise.withResolvers<BridgeEnd>();
  /** From then on nothing passes: what still comes is read, so that the connections can end. */
  #ending = false;
  #refused: string | null = null;

  /** Why nothing more of the client passes, although the server may come to its end; null while it may. */
  get refused(): string | null {
    return this.#refused;
  }

  /** Resolves when both connections are gone and everything that passed is stored. */
  async run(traffic: Traffic<Event>): Promise<BridgeEnd> {
    const { client, server } = traffic;
    const pumps = [
      this.#pump(server, (event) => traffic.fromServer(event), { traffic, kind: 'ended' }),
      this.#pump(client, (event) => traffic.fromClient(event), { traffic, kind: 'left' }),
    ];
    const over = await this.#over.promise;
    const goodbye = traffic.sayGoodbye(over).catch(() => undefined);
    await Promise.race([goodbye, delay(CLOSE_MS, undefined, { ref: false })]);
    // Whoever reads slowly gets all that there was, as from the server itself.
    const heard =
      over.kind === 'ended' ? client.flushed().then(() => client.closed(LINGER_MS)) : client.closed(CLOSE_MS);
    await Promise.all([heard, server.closed(CLOSE_MS)]);
    traffic.gone?.();
    await Promise.all(pumps);
    return over;
  }

  /** Something cannot be recorded, or passed on: nothing more may pass. */
  fail(message: string, error?: unknown): void {
    this.#finish({ kind: 'broken', message, error });
  }

  /** @param end true where what runs cannot be left to come to its end */
  refuse(message: string, end: boolean): void {
    this.#refused = message;
    if (end) this.#finish({ kind: 'refused', message });
  }

  #finish(over: BridgeEnd): void {
    this.#ending ||= over.kind !== 'ended';
    this.#over.resolve(over);
  }

  async #pump(
    bank: Bank<Event>,
    handle: (event: Event) => Promise<void>,
    { traffic, kind }: { traffic: Traffic<Event>; kind: 'ended' | 'left' },
  ): Promise<void> {
    try {
      for await (const event of bank.events()) {
        if (!this.#ending) await handle(event);
      }
      await traffic.settled();
      this.#finish(this.#refused === null ? { kind } : { kind: 'refused', message: this.#refused });
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error), error);
    }
  }
}
