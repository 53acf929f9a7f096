/**
 * A stand-in for an API server with one pod, spoken to by a real kubectl: what is tested are the
 * peers that it answers with. `exec` runs an echo that exits with 7, or, for the command `flood N`, prints N MB of log
 * lines; a forwarded port echoes, too.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { ForwardPeer } from '../../../sidecar/kube/wire/portforward/streams.ts';
import { PORT_FORWARD_SPDY, PORT_FORWARD_TUNNEL } from '../../../sidecar/kube/wire/portforward.ts';
import { ChannelPeer } from '../../../sidecar/kube/wire/remotecommand/channels.ts';
import { StreamPeer } from '../../../sidecar/kube/wire/remotecommand/streams.ts';
import type { RemoteEvent, RemotePeer } from '../../../sidecar/kube/wire/remotecommand.ts';
import { acceptFor } from '../../../sidecar/kube/wire/websocket/handshake.ts';

export const EXIT = 7;

const POD = (uid: string) => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'box', namespace: 'default', uid, resourceVersion: '7' },
  spec: { containers: [{ name: 'main', image: 'box' }] },
  status: { phase: 'Running' },
});
const CORE = {
  kind: 'APIResourceList',
  groupVersion: 'v1',
  resources: [
    { name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get'], shortNames: ['po'] },
  ],
};
const STATUS = {
  metadata: {},
  status: 'Failure',
  reason: 'NonZeroExitCode',
  message: 'command terminated with exit code 7',
  details: { causes: [{ reason: 'ExitCode', message: String(EXIT) }] },
};

/** `upgrades`: the protocol of each, as it was agreed; `faults`: what the peers complained of. */
export interface Cluster {
  url: string;
  upgrades: string[];
  faults: string[];
  /** Of the one pod. */
  uid: string;
  /** Opens no WebSocket, as a server before 1.29 or one behind some proxies does. */
  spdyOnly: boolean;
  close(): void;
}

/** @param tls a certificate, for one that is spoken to through the proxy */
export async function startCluster(tls?: ServerOptions): Promise<Cluster> {
  const cluster: Cluster = {
    url: '',
    upgrades: [],
    faults: [],
    uid: 'u-1',
    spdyOnly: false,
    close: () => {},
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => answer(request, response, cluster);
  const server = tls === undefined ? createServer(listener) : createHttps(tls, listener);
  server.on('upgrade', (request, socket) => {
    socket.on('error', () => {});
    if (cluster.spdyOnly && request.headers.upgrade!.toLowerCase() === 'websocket')
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    else if (request.url!.includes('/portforward')) forward(request, socket, cluster);
    else exec(request, socket, cluster);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cluster.url = `http${tls === undefined ? '' : 's'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sockets = new Set<Duplex>();
  server.on('upgrade', (_request, socket) => sockets.add(socket));
  cluster.close = () => {
    server.close();
    server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
  };
  return cluster;
}

function answer(request: IncomingMessage, response: ServerResponse, { uid }: Cluster): void {
  const path = request.url!.split('?')[0]!;
  const body: unknown =
    path === '/api'
      ? { kind: 'APIVersions', versions: ['v1'] }
      : path === '/apis'
        ? { kind: 'APIGroupList', apiVersion: 'v1', groups: [] }
        : path === '/api/v1'
          ? CORE
          : POD(uid);
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
}

/** Says 101 with the first of `known` that the client offers. Returns it. */
function agree(request: IncomingMessage, socket: Duplex, known: readonly string[], cluster: Cluster): string {
  const websocket = request.headers.upgrade!.toLowerCase() === 'websocket';
  const field = websocket ? 'sec-websocket-protocol' : 'x-stream-protocol-version';
  const offered = String(request.headers[field] ?? '').split(/,\s*/);
  const protocol = known.find((one) => offered.includes(one))!;
  const proof = websocket
    ? `Sec-WebSocket-Accept: ${acceptFor(request.headers['sec-websocket-key']!)}\r\n`
    : '';
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n${proof}${field}: ${protocol}\r\n\r\n`,
  );
  cluster.upgrades.push(`${websocket ? 'websocket' : 'spdy'} ${protocol}`);
  return protocol;
}

const noKeys = () => Buffer.alloc(4);

function exec(request: IncomingMessage, socket: Duplex, cluster: Cluster): void {
  const protocol = agree(request, socket, ['v5.channel.k8s.io', 'v4.channel.k8s.io'], cluster);
  const options = { from: 'client' as const, requested: { stdin: true, stdout: true, stderr: true } };
  const websocket = request.headers.upgrade!.toLowerCase() === 'websocket';
  const peer: RemotePeer = websocket
    ? new ChannelPeer(protocol as 'v5.channel.k8s.io', options, noKeys)
    : new StreamPeer(options);
  if (websocket) socket.write(peer.send('stdout', Buffer.alloc(0)));
  const [command, size] = new URL(request.url!, 'http://x').searchParams.getAll('command');
  const flooding = command === 'flood' ? Number(size) * 1e6 : null;
  const streams = websocket ? null : new Set(['error', 'stdout', 'stderr']);
  if (websocket && flooding !== null) void flood(peer, socket, flooding);
  socket.on('data', (bytes: Buffer) => {
    for (const event of peer.receive(bytes)) {
      echo(peer, event, socket, cluster);
      if (flooding === null || event.kind !== 'open') continue;
      // Over SPDY the client opens its streams first.
      if (streams?.delete(event.channel) && streams.size === 0) void flood(peer, socket, flooding);
    }
  });
  socket.on('end', () => socket.end());
}

const LINES = Buffer.from(
  Array.from(
    { length: 500 },
    (_, n) => `2026-05-01T10:00:${n % 60}Z INFO worker[${n % 31}]: item ${(n * 2654435761) % 2 ** 32} done\n`,
  ).join(''),
).subarray(0, 32_000);
const SUCCESS = JSON.stringify({ metadata: {}, status: 'Success' });

/** Prints so many bytes, as fast as they are taken, and exits with 0. */
async function flood(peer: RemotePeer, socket: Duplex, size: number): Promise<void> {
  for (let left = size; left > 0; left -= LINES.length) {
    if (socket.destroyed) return;
    if (!socket.write(peer.send('stdout', LINES.subarray(0, left))))
      await new Promise<void>((resolve) => {
        const go = () => {
          socket.off('drain', go).off('close', go);
          resolve();
        };
        socket.on('drain', go).on('close', go);
      });
  }
  socket.write(peer.send('error', Buffer.from(SUCCESS)));
  // As the real server: over WebSocket it closes no channel.
  if (peer instanceof StreamPeer) {
    for (const channel of ['stdout', 'stderr'] as const) socket.write(peer.end(channel));
    socket.write(peer.reset('error'));
  }
  socket.end(peer.close(1000));
}

function echo(peer: RemotePeer, event: RemoteEvent, socket: Duplex, cluster: Cluster): void {
  switch (event.kind) {
    case 'open':
      socket.write(peer.accept(event.channel));
      break;
    case 'data':
      socket.write(peer.send('stdout', event.data));
      socket.write(peer.consumed('stdin', event.data.length));
      break;
    case 'ping':
      socket.write(peer.pong(event.token));
      break;
    case 'end':
      if (event.channel !== 'stdin') break;
      socket.write(peer.send('stderr', Buffer.from('done\n')));
      for (const channel of ['stdout', 'stderr'] as const) socket.write(peer.end(channel));
      socket.write(peer.send('error', Buffer.from(JSON.stringify(STATUS))));
      socket.write(peer.reset('error'));
      socket.end(peer.close(1000));
      break;
    case 'fault':
      cluster.faults.push(event.fault);
      break;
  }
}

function forward(request: IncomingMessage, socket: Duplex, cluster: Cluster): void {
  const protocol = agree(request, socket, [PORT_FORWARD_TUNNEL, PORT_FORWARD_SPDY], cluster);
  const peer = new ForwardPeer({ from: 'client', tunnel: protocol === PORT_FORWARD_TUNNEL ? noKeys : null });
  socket.on('data', (bytes: Buffer) => {
    for (const event of peer.receive(bytes)) {
      if (event.kind === 'open') socket.write(peer.accept(event.stream));
      else if (event.kind === 'data') {
        socket.write(peer.send(event.stream, event.data));
        socket.write(peer.consumed(event.stream, event.data.length));
      } else if (event.kind === 'ping') socket.write(peer.pong(event.token));
      else if (event.kind === 'fault') cluster.faults.push(event.fault);
    }
  });
  socket.on('end', () => socket.end());
}
