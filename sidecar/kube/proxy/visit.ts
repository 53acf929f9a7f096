/** One request while it is served. */
import type { ServerResponse } from 'node:http';
import type { Running } from '../credentials/bearers.ts';
import type { Exchange, Outcome } from './exchange.ts';

export class Visit implements Running {
  readonly done: Promise<void>;
  #exchange: Exchange | null = null;
  readonly #response: ServerResponse;

  constructor(response: ServerResponse, serve: (visit: Visit) => Promise<void>) {
    this.#response = response;
    this.done = serve(this);
  }

  async run(exchange: Exchange): Promise<Outcome> {
    this.#exchange = exchange;
    const outcome = await exchange.run();
    this.#exchange = null;
    return outcome;
  }

  async cut(reason: string): Promise<void> {
    if (this.#exchange === null) this.#response.destroy();
    else await this.#exchange.cut(reason);
    await this.done;
  }
}
