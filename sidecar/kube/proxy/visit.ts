/** One request while it is served. */
import type { ServerResponse } from 'node:http';
import type { Running } from '../credentials/bearers.ts';
import type { Exchange } from './exchange.ts';

export class Visit implements Running {
  readonly done: Promise<void>;
  #exchange: Exchange | null = null;
  readonly #response: ServerResponse;

  constructor(response: ServerResponse, serve: (visit: Visit) => Promise<void>) {
    this.#response = response;
    this.done = serve(this);
  }

  /** Runs the exchange, unless the visit was cut. */
  run(exchange: Exchange): Promise<void> {
    this.#exchange = exchange;
    return exchange.run();
  }

  async cut(reason: string): Promise<void> {
    if (this.#exchange === null) this.#response.destroy();
    else await this.#exchange.cut(reason);
    await this.done;
  }
}
