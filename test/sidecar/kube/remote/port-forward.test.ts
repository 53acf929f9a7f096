/** Captured port-forwards through the relay: bytes arrive, and the log says which port, and how much. */
import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { systemClock } from '../../../../sidecar/clock.ts';
import type { Agreement } from '../../../../sidecar/kube/remote/handshake.ts';
import { portsOf, runPortForward } from '../../../../sidecar/kube/remote/port-forward.ts';
import { ForwardPeer } from '../../../../sidecar/kube/wire/portforward/streams.ts';
import type { ForwardEvent, PortForwardPeer } from '../../../../sidecar/kube/wire/portforward.ts';
import { type Capture, captures } from '../../../kube-captures/capture.ts';
import { type Cut, inSizes, whole } from '../../../kube-captures/cuts.ts';
import { bodies, type Gathered, gather, pair, type Stage, stage } from './stage.ts';

const ALL = (['websocket', 'spdy'] as const)
  .flatMap(captures)
  .filter(({ scenario, client }) => scenario === 'port-forward' && client.length > 0);

function agreementOf({ name, response }: Capture): Agreement {
  return name.startsWith('websocket')
    ? { kind: 'websocket', protocol: response.get('sec-websocket-protocol')![0]! }
    : { kind: 'spdy', protocol: response.get('x-stream-protocol-version')![0]! };
}

function reader(capture: Capture, from: 'client' | 'server'): PortForwardPeer {
  const tunnelled = capture.name.startsWith('websocket');
  return new ForwardPeer({ from, tunnel: tunnelled ? () => randomBytes(4) : null });
}

const dataOf = (events: readonly ForwardEvent[]) =>
  Buffer.concat(
    events.flatMap((event) => (event.kind === 'data' && event.stream.type === 'data' ? [event.data] : [])),
  );

/** Where the client has said all its data: what it says then, it says when it has its answer. */
function asking(capture: Capture): number {
  const all = dataOf(reader(capture, 'client').receive(Buffer.from(capture.client))).length;
  const peer = reader(capture, 'client');
  let said = 0;
  for (let at = 0; at < capture.client.length; at++) {
    said += dataOf(peer.receive(Buffer.from(capture.client.subarray(at, at + 1)))).length;
    if (said === all) return at + 1;
  }
  return capture.client.length;
}

/** Resolves when the server has heard as much as the client says. */
async function heard(capture: Capture, atServer: Gathered): Promise<void> {
  const wanted = dataOf(reader(capture, 'client').receive(Buffer.from(capture.client))).length;
  const peer = reader(capture, 'client');
  let soFar = 0;
  await atServer.until((piece) => {
    soFar += dataOf(peer.receive(Buffer.from(piece))).length;
    return soFar >= wanted;
  });
}

async function relay(
  t: Test,
  stage: Stage,
  capture: Capture,
  { cut = whole as Cut, refuses = (_port: number): string | null => null },
) {
  const [clientNear, clientFar] = await pair(t);
  const [serverNear, serverFar] = await pair(t);
  const atClient = gather(clientFar);
  const atServer = gather(serverFar);
  const { id, log } = await stage.begin();
  const ended = runPortForward({
    log,
    clock: systemClock,
    agreement: agreementOf(capture),
    ports: [],
    client: { socket: clientNear, head: Buffer.alloc(0) },
    server: { socket: serverNear, head: Buffer.alloc(0) },
    refuses,
  });
  const asked = asking(capture);
  for (const piece of cut(capture.client.subarray(0, asked))) clientFar.write(piece);
  if (refuses(8080) === null) await heard(capture, atServer);
  else await atClient.until(() => true);
  for (const piece of refuses(8080) === null ? cut(capture.server) : []) serverFar.write(piece);
  if (refuses(8080) === null) {
    const answer = dataOf(reader(capture, 'server').receive(Buffer.from(capture.server))).length;
    await atClient.until(() => atClient.bytes().length >= answer);
  }
  for (const piece of cut(capture.client.subarray(asked))) clientFar.write(piece);
  serverFar.end();
  const outcome = await ended;
  await Promise.all([atClient.ended, atServer.ended]);
  return { id, outcome, client: atClient.bytes(), server: atServer.bytes() };
}

t.test('captured port-forwards', async (t) => {
  const play = await stage(t);
  t.equal(ALL.length, 2);
  for (const capture of ALL) {
    for (const cut of [whole, inSizes([1, 5, 700])]) {
      const got = await relay(t, play, capture, { cut });
      t.same(got.outcome, { reason: 'exited', status: 0 }, capture.name);
      const asked = dataOf(reader(capture, 'client').receive(Buffer.from(capture.client)));
      t.match(asked.toString(), /^GET \/ HTTP/);
      t.equal(dataOf(reader(capture, 'client').receive(got.server)).toString(), asked.toString());
      const events = await play.events(got.id);
      t.same(bodies(events, 'connection.opened'), [{ type: 'connection.opened', number: 1, port: 8080 }]);
      const [closed] = bodies(events, 'connection.closed');
      t.match(closed, { number: 1, sent: asked.length });
      t.ok(closed!.received > 'hello-from-pod'.length, `received ${closed!.received}`);
      t.match(got.client.toString('latin1'), 'hello-from-pod');
    }
  }
});

t.test('a port that may not be reached is reset, and never opened at the server', async (t) => {
  const play = await stage(t);
  for (const capture of ALL) {
    const got = await relay(t, play, capture, {
      refuses: (port) => (port === 8080 ? 'not that port' : null),
    });
    const events = await play.events(got.id);
    t.equal(dataOf(reader(capture, 'client').receive(got.server)).length, 0, capture.name);
    t.notMatch(
      reader(capture, 'client')
        .receive(got.server)
        .map(({ kind }) => kind),
      ['open'],
    );
    t.match(bodies(events, 'connection.closed'), [
      { number: 1, sent: 0, received: 0, error: 'not that port' },
    ]);
  }
});

t.test('ports of the query', async (t) => {
  t.same(
    portsOf({
      parameters: [
        ['ports', '80,443'],
        ['ports', '8080'],
      ],
    }),
    [80, 443, 8080],
  );
  for (const wrong of ['0', '65536', 'x', '', '-1', '80,'])
    t.throws(() => portsOf({ parameters: [['ports', wrong]] }), /is no port/, wrong);
});
