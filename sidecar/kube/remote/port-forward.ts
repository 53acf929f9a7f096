/** One port-forward, behind its handshake: which protocol its ends speak, and how it ended. */
import type { KubeAction } from '../../action.ts';
import type { Clock } from '../../clock.ts';
import { Unfit } from '../../request/refusal.ts';
import { failureStatus, type Outcome, type SessionLog } from '../../session/session-log.ts';
import type { Sender } from '../wire/peer.ts';
import { ForwardChannelPeer } from '../wire/portforward/channels.ts';
import { ForwardPeer } from '../wire/portforward/streams.ts';
import {
  PORT_FORWARD_CHANNELS,
  PORT_FORWARD_SPDY,
  PORT_FORWARD_TUNNEL,
  type PortForwardChannels,
  type PortForwardPeer,
} from '../wire/portforward.ts';
import { type Connection, maskKeys } from './connection.ts';
import { End } from './end.ts';
import { type ForwardEnd, ForwardRelay } from './forward.ts';
import type { Agreement, Known } from './handshake.ts';

/** The subprotocols that can be decoded. */
export const PORT_FORWARD: Known = {
  websocket: [PORT_FORWARD_TUNNEL, ...Object.keys(PORT_FORWARD_CHANNELS)],
  spdy: [PORT_FORWARD_SPDY],
};

export interface PortForward {
  log: SessionLog;
  clock: Clock;
  agreement: Agreement;
  /** Of the request's query; only the old channels have them there. */
  ports: readonly number[];
  client: Connection;
  server: Connection;
  refuses: (port: number) => string | null;
}

/** Relays until it is over. Both connections are gone then. */
export async function runPortForward(forward: PortForward): Promise<Outcome> {
  const { log, clock, client, server, refuses } = forward;
  const relay = new ForwardRelay({
    client: endOf(forward, client, 'client'),
    server: endOf(forward, server, 'server'),
    ...{ clock, refuses, implicit: !isSpdy(forward.agreement) },
    record: (body) => log.append(body),
  });
  const over = await relay.run();
  // Whoever forwards a port ends it by going away.
  if (over.kind === 'ended' || over.kind === 'left') return { reason: 'exited', status: 0 };
  const error = over.kind === 'broken' ? over.error : undefined;
  return { reason: 'failed', status: failureStatus(error), error: over.message };
}

/** @throws Unfit for one that is none: the server would not take it either */
export function portsOf({ parameters }: Pick<KubeAction, 'parameters'>): number[] {
  const values = parameters.filter(([name]) => name === 'ports').flatMap(([, value]) => value.split(','));
  return values.map((value) => {
    const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
    if (port < 1 || port > 65535)
      throw new Unfit('upgrade', `${JSON.stringify(value.slice(0, 20))} is no port`);
    return port;
  });
}

/** SPDY, whether it runs in a WebSocket or not. */
function isSpdy({ kind, protocol }: Agreement): boolean {
  return kind === 'spdy' || protocol === PORT_FORWARD_TUNNEL;
}

function endOf({ agreement, ports }: PortForward, { socket, head }: Connection, from: Sender): ForwardEnd {
  const peer: PortForwardPeer = isSpdy(agreement)
    ? new ForwardPeer({ from, tunnel: agreement.kind === 'websocket' ? maskKeys : null })
    : new ForwardChannelPeer({ from, protocol: agreement.protocol as PortForwardChannels, ports }, maskKeys);
  return new End(socket, peer, head);
}
