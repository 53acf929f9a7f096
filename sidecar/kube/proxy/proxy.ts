/**
 * The Kubernetes API proxy: authenticate → classify → judge and record → forward → record and pass on.
 * Nothing is served without a bearer token, and nothing that cannot be recorded.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Unfit } from '../../request/refusal.ts';
import { unauthenticated } from '../../request/status.ts';
import type { Bearer, Door } from '../credentials/bearers.ts';
import { candidate, readHead } from './admission.ts';
import { explain } from './failure.ts';
import { refuse, refuseOnSocket } from './reply.ts';
import { announcesBody } from './request-body.ts';
import { refuseUnfit } from './unfit.ts';
import type { UpgradeHandler } from './upgrade.ts';
import { type Asked, Visit, type VisitOptions } from './visit.ts';

export interface ProxyOptions extends VisitOptions {
  bearers: Door;
  /** Who carries exec, attach and port-forward; without one they are refused. */
  upgrades: UpgradeHandler | null;
}

export class ApiProxy {
  readonly #options: ProxyOptions;

  constructor(options: ProxyOptions) {
    this.#options = options;
  }

  async request(asked: Asked): Promise<void> {
    const { request, response } = asked;
    const { bearers, report } = this.#options;
    try {
      const bearer = await bearers.find(request.headers.authorization, addressOf(request));
      if (bearer === null) refuse(request, response, unauthenticated());
      else await new Visit(this.#options, asked).serve(bearer);
    } catch (error) {
      if (response.headersSent || response.destroyed) response.destroy();
      else refuse(request, response, explain(error, report));
    }
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const bearer = await this.#options.bearers.find(request.headers.authorization, addressOf(request));
      if (bearer === null) return refuseOnSocket(socket, unauthenticated());
      await this.#upgrade(bearer, request, { socket, head });
    } catch (error) {
      refuseOnSocket(socket, explain(error, this.#options.report));
    }
  }

  async #upgrade(
    bearer: Bearer,
    request: IncomingMessage,
    { socket, head: early }: { socket: Duplex; head: Buffer },
  ): Promise<void> {
    const { upgrades, recording } = this.#options;
    const principal = await bearer.principal();
    try {
      const head = readHead(request);
      if (announcesBody(request)) throw new Unfit('body-unexpected', 'what is to be upgraded has no body');
      const { upgrade, headers } = head;
      if (upgrade === null || upgrades === null) {
        throw new Unfit('upgrade', 'this version carries no exec, attach or port-forward');
      }
      const { action } = candidate(head, Buffer.alloc(0), recording(principal.identity, head.request));
      await upgrades.handle({ principal, action, upgrade, headers, request, socket, head: early }, bearer);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      refuseOnSocket(socket, await refuseUnfit(this.#options, principal, request, { error, body: null }));
    }
  }
}

function addressOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? 'unknown';
}
