/** The port for connections that become something else: exec, attach and port-forward. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { KubeAction } from '../../action.ts';
import type { Header } from '../../request/headers.ts';
import type { UpgradeRequest } from '../../request/upgrade-request.ts';
import type { Principal, Running } from '../credentials/bearers.ts';

/** A request of a known bearer that may be upgraded, before the gate has seen it. */
export interface Upgrading {
  principal: Principal;
  /** As it would be judged; whoever takes it over adds what it opens. */
  action: KubeAction;
  upgrade: UpgradeRequest;
  /** What goes to the API server, beside what the upgrade itself and the credentials need. */
  headers: readonly Header[];
  request: IncomingMessage;
  /** The client's connection: nothing of an answer has been written. */
  socket: Duplex;
  /** What the client sent behind its request already. */
  head: Buffer;
}

export interface UpgradeHandler {
  /**
   * Judges it, records it, and carries it to its end, which is when the promise resolves; the socket is closed then.
   * It has to be `enter`ed with its bearer, so that it ends before its session does.
   */
  handle(
    upgrading: Upgrading,
    bearer: { enter(running: Running): void; leave(running: Running): void },
  ): Promise<void>;
}
