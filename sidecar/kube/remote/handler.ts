/** The entrance for exec, attach and port-forward: what the proxy hands over is carried to its end here. */
import type { UpgradeHandler, Upgrading } from '../proxy/upgrade.ts';
import { RemoteExchange, type RemotePorts } from './exchange.ts';
import { Refusals } from './refusals.ts';

export class RemoteHandler implements UpgradeHandler {
  readonly #ports: RemotePorts;
  readonly #refusals = new Refusals();

  constructor(ports: RemotePorts) {
    this.#ports = ports;
  }

  async handle(upgrading: Upgrading, bearer: Parameters<UpgradeHandler['handle']>[1]): Promise<void> {
    const exchange = new RemoteExchange({ ...this.#ports, refusals: this.#refusals }, upgrading);
    bearer.enter(exchange);
    try {
      await exchange.run();
    } finally {
      bearer.leave(exchange);
    }
  }
}
