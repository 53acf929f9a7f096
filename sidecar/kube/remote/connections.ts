/** The connections of one port-forward, as the log has them. */
import type { DraftBody } from '../../../recorder/audit/event.ts';
import type { Micros } from '../../../recorder/audit/units.ts';
import type { Clock } from '../../clock.ts';
import type { ForwardStream } from '../wire/portforward.ts';

export interface ConnectionsOptions {
  clock: Clock;
  /** Resolves when it is stored. */
  record: (body: DraftBody) => Promise<void>;
  /** Why a port may not be reached; null for one that may. */
  refuses: (port: number) => string | null;
  /** Over the old channels nobody opens a connection: it is there with its first byte. */
  implicit: boolean;
}

interface Connection {
  number: number;
  /** Resolves when its opening is stored. */
  opened: Promise<void>;
  since: Micros;
  sent: number;
  received: number;
  /** What the server said on the error stream. */
  error: string;
  /** Sides of the data stream that have ended. */
  ended: Set<'client' | 'server'>;
}

const REFUSED_BEFORE = 'refused before';
/** Connections that were refused, whose names are remembered. */
const MOST_REFUSED = 10_000;
/** Characters of what the server says went wrong. */
const MAX_ERROR = 500;

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #open = new Map<string, Connection>();
  /** Refused ones, whose further streams are refused as well. */
  readonly #refused = new Set<string>();
  #count = 0;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** A stream of a connection is opened, or spoken on: why it may not be, or null. Resolves when that is stored. */
  async open(stream: ForwardStream): Promise<string | null> {
    if (this.isRefused(stream)) return REFUSED_BEFORE;
    const connection = this.#of(stream);
    await connection.opened;
    const refused = this.#options.refuses(stream.port);
    if (refused === null) return null;
    if (this.#refused.size >= MOST_REFUSED) throw new Error('too many connections to ports that are refused');
    this.#refused.add(stream.connection);
    await this.#close(stream.connection, refused);
    return refused;
  }

  isRefused({ connection }: ForwardStream): boolean {
    return this.#refused.has(connection);
  }

  /** Resolves when it may pass. */
  async passed(stream: ForwardStream, side: 'client' | 'server', data: Buffer): Promise<void> {
    if (stream.type === 'error') {
      const connection = this.#open.get(stream.connection);
      if (connection !== undefined)
        connection.error = (connection.error + data.toString('utf8')).slice(0, MAX_ERROR);
      return;
    }
    if (this.#options.implicit) {
      const refused = await this.open(stream);
      if (refused !== null) throw new Error(refused);
    }
    // What was on its way when the connection was reset reaches nobody.
    const connection = this.#open.get(stream.connection);
    if (connection === undefined) return;
    await connection.opened;
    if (side === 'client') connection.sent += data.length;
    else connection.received += data.length;
  }

  async ended(stream: ForwardStream, side: 'client' | 'server'): Promise<void> {
    if (stream.type === 'error') return;
    const connection = this.#open.get(stream.connection);
    connection?.ended.add(side);
    if (connection?.ended.size === 2) await this.#close(stream.connection, '');
  }

  async reset(stream: ForwardStream): Promise<void> {
    if (stream.type === 'data') await this.#close(stream.connection, 'reset');
  }

  async closeAll(why: string): Promise<void> {
    for (const name of [...this.#open.keys()]) await this.#close(name, why);
  }

  #of({ connection: name, port }: ForwardStream): Connection {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const { clock, record } = this.#options;
    const number = ++this.#count;
    const connection: Connection = {
      number,
      opened: record({ type: 'connection.opened', number, port }),
      since: clock.now(),
      sent: 0,
      received: 0,
      error: '',
      ended: new Set(),
    };
    this.#open.set(name, connection);
    return connection;
  }

  async #close(name: string, why: string): Promise<void> {
    const connection = this.#open.get(name);
    if (connection === undefined) return;
    this.#open.delete(name);
    const { number, sent, received, since } = connection;
    const error = connection.error || why;
    const micros = this.#options.clock.now() - since;
    await this.#options.record({
      type: 'connection.closed',
      ...{ number, sent, received, micros },
      ...(error !== '' && { error }),
    });
  }
}
