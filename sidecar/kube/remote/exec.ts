/**
 * One `exec` or `attach`, from its admission to its end: a session of its own, whose first command is the argv.
 *
 *     judge the argv ─▶ ask the server ─▶ 101 ─▶ answer the client ─▶ relay ─▶ exit status
 */
import type { Entrance } from '../../../recorder/audit/session.ts';
import type { KubeAction, RemotePlace } from '../../action.ts';
import {
  explainFailure,
  failureStatus,
  HUNG_UP,
  type Outcome,
  type SessionLog,
} from '../../session/session-log.ts';
import type { Sender } from '../wire/peer.ts';
import { ChannelPeer } from '../wire/remotecommand/channels.ts';
import { formatFailure, StatusReader } from '../wire/remotecommand/status.ts';
import { StreamPeer } from '../wire/remotecommand/streams.ts';
import {
  type RemotePeer,
  SPDY_PROTOCOLS,
  type SpdyProtocol,
  WEBSOCKET_PROTOCOLS,
  type WebSocketProtocol,
} from '../wire/remotecommand.ts';
import { arrange } from './arrangement.ts';
import type { BridgeEnd } from './bridge.ts';
import { type Connection, maskKeys } from './connection.ts';
import { End } from './end.ts';
import type { Agreement, Known } from './handshake.ts';
import { type OutputChannel, RecordedOutput } from './output.ts';
import { type RemoteParameters, readParameters } from './parameters.ts';
import type { Program } from './program.ts';
import { type CommandEnd, Relay } from './relay.ts';
import type { StdinGate } from './stdin.ts';

/** The subprotocols that can be decoded. */
export const REMOTE_COMMAND: Known = {
  websocket: Object.keys(WEBSOCKET_PROTOCOLS),
  spdy: Object.keys(SPDY_PROTOCOLS),
};

export interface RemoteCommand {
  log: SessionLog;
  agreement: Agreement;
  parameters: RemoteParameters;
  client: Connection;
  server: Connection;
  program: Program;
  /** Whether the policy has input recorded; by default it has not. */
  recordInput?: boolean;
  /** Instead of the gate that the program needs. */
  stdin?: StdinGate;
}

/** Relays until it is over, and says how it ended. Both connections are gone then. */
export async function runRemoteCommand(command: RemoteCommand): Promise<Outcome> {
  const { log, agreement, client, server, parameters, program, recordInput = false } = command;
  const failed = (error: unknown) => relay.fail(explainFailure(error), error);
  const arrangement = arrange({ parameters, program, log, recordInput, failed });
  const version = versionOf(agreement);
  const status = new StatusReader(version);
  const relay: Relay = new Relay({
    client: endOf(command, client, 'client'),
    server: endOf(command, server, 'server'),
    stdin: command.stdin ?? arrangement.stdin,
    output: (show) => {
      const recorded = new RecordedOutput((channel, recording) => {
        const stream = channel === 'stderr' ? { stream: channel } : {};
        return log.output({ ...stream, ...recording, forward: (bytes) => show(channel, bytes), failed });
      });
      return arrangement.output(recorded, show);
    },
    resized: ({ columns, rows }) => log.append({ type: 'session.resize', cols: columns, rows }),
    status: (data) => status.push(data),
    gone: arrangement.stop,
    notices: noticesFor(parameters),
    refusal: (message) => formatFailure(version, message, 'Forbidden', 403),
  });
  const over = await relay.run();
  await arrangement.end();
  return outcomeOf(over, status);
}

function endOf(
  { agreement, parameters }: RemoteCommand,
  { socket, head }: Connection,
  from: Sender,
): CommandEnd {
  const options = { from, requested: parameters };
  const peer: RemotePeer =
    agreement.kind === 'websocket'
      ? new ChannelPeer(agreement.protocol as WebSocketProtocol, options, maskKeys)
      : new StreamPeer(options);
  return new End(socket, peer, head);
}

/** A terminal shows one stream only. */
function noticesFor({ stdout, stderr }: RemoteParameters): OutputChannel | null {
  if (stderr) return 'stderr';
  return stdout ? 'stdout' : null;
}

function versionOf({ kind, protocol }: Agreement): number {
  if (kind === 'websocket') return WEBSOCKET_PROTOCOLS[protocol as WebSocketProtocol].version;
  return protocol === '' ? 1 : SPDY_PROTOCOLS[protocol as SpdyProtocol].version;
}

function outcomeOf(end: BridgeEnd, status: StatusReader): Outcome {
  switch (end.kind) {
    case 'refused':
      return { reason: 'refused', status: 126, error: end.message };
    case 'broken':
      return { reason: 'failed', status: failureStatus(end.error), error: end.message };
    case 'ended':
    case 'left': {
      const outcome = status.outcome(end.kind === 'ended');
      switch (outcome.kind) {
        case 'success':
          return { reason: 'exited', status: 0 };
        case 'failure':
          return outcome.exitCode === null
            ? { reason: 'failed', status: 1, error: outcome.message }
            : { reason: 'exited', status: outcome.exitCode & 0xff };
        case 'none':
          return { reason: 'detached', status: HUNG_UP };
      }
    }
  }
}

/** How the session stands in the log. */
export function entranceOf(action: KubeAction, session: string): Entrance {
  const { request, id } = action;
  return {
    kind: 'remote',
    subresource: request.subresource as 'exec' | 'attach' | 'portforward',
    namespace: request.namespace,
    pod: request.name,
    container: readParameters(action).container,
    origin: { session, request: id },
  };
}

/** What each command that runs there is told of where that is; none runs through a port-forward. */
export function placeOf(action: KubeAction): RemotePlace | undefined {
  const { namespace, name, subresource } = action.request;
  if (subresource !== 'exec' && subresource !== 'attach') return undefined;
  const { container, stdin, tty } = readParameters(action);
  return { kind: subresource, namespace, pod: name, container, stdin, tty };
}
