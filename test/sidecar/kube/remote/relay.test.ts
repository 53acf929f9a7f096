/** Captured remote commands through the relay: both ends get what was said, and the log has it first. */
import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { ulid } from 'ulid';
import type { Verdict } from '../../../../sidecar/action.ts';
import { analyseArgv } from '../../../../sidecar/command/analyse.ts';
import type { Waiting } from '../../../../sidecar/gate.ts';
import { runRemoteCommand } from '../../../../sidecar/kube/remote/exec.ts';
import type { Agreement } from '../../../../sidecar/kube/remote/handshake.ts';
import { readParameters } from '../../../../sidecar/kube/remote/parameters.ts';
import { readProgram } from '../../../../sidecar/kube/remote/program.ts';
import { OpenStdin, type Passage, type StdinGate } from '../../../../sidecar/kube/remote/stdin.ts';
import { ChannelPeer } from '../../../../sidecar/kube/wire/remotecommand/channels.ts';
import { StatusReader } from '../../../../sidecar/kube/wire/remotecommand/status.ts';
import { StreamPeer } from '../../../../sidecar/kube/wire/remotecommand/streams.ts';
import type {
  RemoteEvent,
  RemotePeer,
  WebSocketProtocol,
} from '../../../../sidecar/kube/wire/remotecommand.ts';
import { SessionLog } from '../../../../sidecar/session/session-log.ts';
import { type Capture, captures } from '../../../kube-captures/capture.ts';
import { type Cut, inSizes, whole } from '../../../kube-captures/cuts.ts';
import { FACTS, type Fact } from '../../../kube-captures/facts.ts';
import { policy as scriptPolicy } from './script/judging.ts';
import { bodies, type Gathered, gather, pair, recorded, type Stage, stage } from './stage.ts';

const VERSION = 4;

function agreementOf({ name, response }: Capture): Agreement {
  if (name.startsWith('websocket'))
    return { kind: 'websocket', protocol: response.get('sec-websocket-protocol')?.[0] ?? '' };
  return { kind: 'spdy', protocol: response.get('x-stream-protocol-version')?.[0] ?? '' };
}

function parametersOf({ requestLine }: Capture) {
  const query = new URL(requestLine.split(' ')[1]!, 'http://x').searchParams;
  return readParameters({ parameters: [...query] });
}

/** A peer for reading what we sent to `to`. */
function reader(capture: Capture, from: 'client' | 'server'): RemotePeer {
  const { kind, protocol } = agreementOf(capture);
  const options = { from, requested: parametersOf(capture) };
  return kind === 'websocket'
    ? new ChannelPeer(protocol as WebSocketProtocol, options, () => randomBytes(4))
    : new StreamPeer(options);
}

function dataOf(events: readonly RemoteEvent[], channel: string): Buffer {
  return Buffer.concat(
    events.flatMap((event) => (event.kind === 'data' && event.channel === channel ? [event.data] : [])),
  );
}

function play(socket: Socket, bytes: Buffer, cut: Cut): void {
  for (const piece of cut(bytes)) socket.write(piece);
}

/** Resolves when the server has heard everything that the client opens, and types. */
async function heard(capture: Capture, atServer: Gathered): Promise<void> {
  const count = (events: readonly RemoteEvent[]) =>
    events.filter(({ kind }) => kind === 'open').length + dataOf(events, 'stdin').length;
  const all = count(reader(capture, 'client').receive(Buffer.from(capture.client)));
  const peer = reader(capture, 'client');
  let soFar = 0;
  if (all > 0)
    await atServer.until((piece) => {
      soFar += count(peer.receive(Buffer.from(piece)));
      return soFar >= all;
    });
}

/** Resolves when the server has heard that no more input comes. */
function inputEnded(capture: Capture, atServer: Gathered): Promise<void> {
  const peer = reader(capture, 'client');
  return atServer.until((piece) =>
    peer.receive(Buffer.from(piece)).some((event) => event.kind === 'end' && event.channel === 'stdin'),
  );
}

/** What the other ends of the relay got, and how it ended. */
async function relay(
  t: Test,
  stage: Stage,
  capture: Capture,
  options: { cut: Cut; stdin?: StdinGate | 'arranged'; recordInput?: boolean; broken?: true },
) {
  const [clientNear, clientFar] = await pair(t);
  const [serverNear, serverFar] = await pair(t);
  const atClient = gather(clientFar);
  const atServer = gather(serverFar);
  const { id, log } = await stage.begin();
  const outcome = runRemoteCommand({
    log,
    agreement: agreementOf(capture),
    parameters: parametersOf(capture),
    client: { socket: clientNear, head: Buffer.alloc(0) },
    server: { socket: serverNear, head: Buffer.alloc(0) },
    recordInput: options.recordInput ?? false,
    program: readProgram(parametersOf(capture), analyseArgv),
    ...(options.stdin !== 'arranged' && { stdin: options.stdin ?? new OpenStdin() }),
  });
  play(clientFar, capture.client, options.cut);
  // The server answers what it has heard: streams that were opened, input that came.
  if (options.stdin === undefined && !options.broken) await heard(capture, atServer);
  if (options.stdin === 'arranged') await inputEnded(capture, atServer);
  play(serverFar, capture.server, options.cut);
  serverFar.end();
  const ended = await outcome;
  await log.end(ended);
  await Promise.all([atClient.ended, atServer.ended]);
  return { id, ended, client: atClient.bytes(), server: atServer.bytes() };
}

function check(
  t: Test,
  what: string | { bytes: number; md5?: string } | undefined,
  got: Buffer,
  name: string,
) {
  if (what === undefined) return;
  if (typeof what === 'string')
    t.equal(got.toString('latin1'), Buffer.from(what, 'latin1').toString('latin1'), name);
  else {
    t.equal(got.length, what.bytes, name);
    if (what.md5 !== undefined) t.equal(createHash('md5').update(got).digest('hex'), what.md5, name);
  }
}

const ALL = (['websocket', 'spdy'] as const)
  .flatMap(captures)
  .filter(({ scenario, connection }) => FACTS[`${scenario}/${connection}`] !== undefined);

t.test('every captured command arrives on both sides, and is in the log', async (t) => {
  const play = await stage(t);
  t.ok(ALL.length >= 16, 'there are captures');
  for (const capture of ALL) {
    const fact = FACTS[`${capture.scenario}/${capture.connection}`] as Fact;
    for (const [cuts, cut] of [
      ['whole', whole],
      ['in pieces', inSizes([1, 7, 1000, 3, 30_000])],
    ] as const) {
      await t.test(`${capture.name}, ${cuts}`, async (t) => {
        const got = await relay(t, play, capture, { cut });
        const atClient = reader(capture, 'server');
        const atServer = reader(capture, 'client');
        // A reader of SPDY has to have opened the streams that it hears of.
        for (const channel of ['error', 'stdin', 'stdout', 'stderr', 'resize'] as const)
          atClient.open(channel);
        const toServer = atServer.receive(got.server);
        const events = await play.events(got.id);
        t.notMatch(
          toServer.map(({ kind }) => kind),
          ['fault'],
        );
        check(t, fact.stdin, dataOf(toServer, 'stdin'), 'stdin at the server');
        check(t, fact.stdout, recorded(events), 'stdout in the log');
        check(t, fact.stderr, recorded(events, 'stderr'), 'stderr in the log');
        if (capture.name.startsWith('websocket')) {
          const toClient = atClient.receive(got.client);
          check(t, fact.stdout, dataOf(toClient, 'stdout'), 'stdout at the client');
          const status = new StatusReader(VERSION);
          status.push(dataOf(toClient, 'error'));
          if (typeof fact.exitCode === 'number')
            t.match(status.outcome(true), { exitCode: fact.exitCode }, 'status at the client');
        }
        if (fact.sizes) {
          const sizes = bodies(events, 'session.resize').map(({ cols, rows }) => `${cols}x${rows}`);
          t.same(
            sizes.filter((size) => size !== '0x0'),
            fact.sizes,
            'sizes in the log',
          );
        }
        const [end] = bodies(events, 'session.end');
        if (typeof fact.exitCode === 'number') t.match(end, { reason: 'exited', status: fact.exitCode });
        else if (fact.exitCode === null) t.match(end, { reason: 'failed' });
        else t.match(end, { reason: 'detached' });
      });
    }
  }
});

t.test(
  'what is refused ends the session, with the reason on stderr and nothing more at the server',
  async (t) => {
    const play = await stage(t);
    for (const capture of ALL.filter(({ scenario }) => scenario === 'exec-stdin-script')) {
      const refusing: StdinGate = {
        write: async (): Promise<Passage> => ({ pass: Buffer.from('echo'), refused: 'not that' }),
        end: async () => ({ pass: Buffer.alloc(0) }),
      };
      const got = await relay(t, play, capture, { cut: whole, stdin: refusing });
      t.equal(
        dataOf(reader(capture, 'client').receive(got.server), 'stdin').toString(),
        'echo',
        capture.name,
      );
      t.match(got.ended, { reason: 'refused', status: 126, error: 'not that' });
      t.match(recorded(await play.events(got.id), 'stderr').toString(), 'not that\n');
      if (!capture.name.startsWith('websocket')) continue;
      const toClient = reader(capture, 'server').receive(got.client);
      t.match(dataOf(toClient, 'stderr').toString(), 'not that');
      t.match(dataOf(toClient, 'error').toString(), '"status":"Failure"');
    }
  },
);

t.test(
  'of a script that flows in, what is allowed before the refused command reaches the shell',
  async (t) => {
    const play = await stage(t, scriptPolicy('allow', 'rm'));
    for (const capture of ALL.filter(({ scenario }) => scenario === 'exec-stdin-script')) {
      for (const cut of [whole, inSizes([1, 7])]) {
        const got = await relay(t, play, capture, { cut, stdin: 'arranged' });
        const toServer = reader(capture, 'client').receive(got.server);
        t.equal(dataOf(toServer, 'stdin').toString(), 'echo from-stdin\n', capture.name);
        t.ok(
          toServer.some((event) => event.kind === 'end' && event.channel === 'stdin'),
          'and its input ends there',
        );
        t.match(got.ended, { reason: 'refused', status: 126 });
        const events = await play.events(got.id);
        t.match(
          bodies(events, 'command.decided').map(({ line, allowed }) => [line, allowed]),
          [
            ['echo from-stdin\n', true],
            ['rm -rf /tmp/x\n', false],
          ],
        );
        t.match(recorded(events, 'stderr').toString(), /refused by test\/no: not that/);
      }
    }
  },
);

t.test('what is copied into a container is recorded as a file, and nothing else of it', async (t) => {
  const play = await stage(t);
  for (const capture of ALL.filter(({ scenario }) => scenario === 'cp-to')) {
    if (capture.connection === 'conn-01') continue;
    const got = await relay(t, play, capture, {
      cut: inSizes([1000, 1]),
      stdin: 'arranged',
      recordInput: true,
    });
    t.equal(dataOf(reader(capture, 'client').receive(got.server), 'stdin').length, 22_016, capture.name);
    const events = await play.events(got.id);
    t.match(bodies(events, 'session.file'), [
      { direction: 'to', path: '/tmp/f.bin', kind: 'file', bytes: 20_000, sha256: /^[0-9a-f]{64}$/ },
    ]);
    t.same(bodies(events, 'session.input'), []);
    t.match(got.ended, { reason: 'exited', status: 0 });
  }
});

t.test('input is recorded where the policy says so, before it goes on', async (t) => {
  const play = await stage(t);
  for (const recordInput of [true, false]) {
    for (const capture of ALL.filter(({ scenario }) => scenario === 'exec-stdin-1m')) {
      const got = await relay(t, play, capture, { cut: whole, stdin: 'arranged', recordInput });
      const inputs = bodies(await play.events(got.id), 'session.input');
      const bytes = inputs.reduce((sum, { content }) => sum + content.bytes, 0);
      t.equal(bytes, recordInput ? 1_000_000 : 0, capture.name);
    }
  }
});

t.test('a frame that cannot be decoded ends the session on both sides', async (t) => {
  const play = await stage(t);
  for (const capture of ALL.filter(({ scenario }) => scenario === 'exec-argv')) {
    for (const side of ['client', 'server'] as const) {
      const bad = {
        ...capture,
        [side]: Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff]), capture[side]]),
      };
      const got = await relay(t, play, bad, { cut: whole, broken: true });
      t.match(got.ended, { reason: 'failed' }, `${capture.name} ${side}`);
      t.equal(recorded(await play.events(got.id)).length > 0 && side === 'server', false);
    }
  }
});

t.test('a log that fails ends the session, and shows nothing that is not in it', async (t) => {
  const play = await stage(t);
  const [capture] = ALL.filter(({ name }) => name.startsWith('websocket-exec-output-1m'));
  const { append } = play.journal;
  let left = 3;
  play.journal.append = (session, drafts) => {
    if (drafts.some(({ body }) => body.type === 'session.output') && left-- <= 0)
      return Promise.reject(new Error('the disk is gone'));
    return append.call(play.journal, session, drafts);
  };
  const got = await relay(t, play, capture!, { cut: whole });
  t.match(got.ended, { reason: 'failed', error: /can no longer be recorded: the disk is gone/ });
  const shown = dataOf(reader(capture!, 'server').receive(got.client), 'stdout');
  const stored = recorded(await play.events(got.id));
  t.ok(stored.length > 0 && stored.length < 938_895);
  t.equal(shown.toString('latin1'), stored.toString('latin1').slice(0, shown.length));
});

t.test(
  'a server that may have closed behind what waits here is not pinged: a reset would lose it',
  async (t) => {
    const play = await stage(t);
    const [clientNear, clientFar] = await pair(t);
    const [serverNear, serverFar] = await pair(t);
    const atServer = gather(serverFar);
    const { log } = await play.begin();
    const flags = ['stdout', 'stdin'].map((name): [string, string] => [name, 'true']);
    const parameters = readParameters({ parameters: [['command', 'cat'], ...flags] });
    const protocol = 'v4.channel.k8s.io';
    const outcome = runRemoteCommand({
      ...{ log, parameters, program: readProgram(parameters, analyseArgv), stdin: new OpenStdin() },
      agreement: { kind: 'websocket', protocol },
      client: { socket: clientNear, head: Buffer.alloc(0) },
      server: { socket: serverNear, head: Buffer.alloc(0) },
    });
    const requested = parameters;
    const server = new ChannelPeer(protocol, { from: 'client', requested }, () => randomBytes(4));
    const client = new ChannelPeer(protocol, { from: 'server', requested }, () => randomBytes(4));
    clientFar.pause();
    for (let left = 128; left > 0; left--) serverFar.write(server.send('stdout', Buffer.alloc(1 << 18)));
    while (!serverNear.isPaused()) await new Promise((resolve) => setImmediate(resolve));
    clientFar.write(client.ping({ over: 'websocket', data: Buffer.from('there?') }));
    let shown = 0;
    let answered = false;
    // The answer may overtake output that is still being stored.
    await new Promise<void>((resolve) => {
      clientFar.on('data', (bytes: Buffer) => {
        for (const event of client.receive(bytes)) {
          if (event.kind === 'pong') answered = true;
          if (event.kind === 'data') shown += event.data.length;
        }
        if (answered && shown > 0) resolve();
      });
      clientFar.resume();
    });
    t.ok(answered && shown > 0);
    t.equal(atServer.bytes().length, 0, 'the server hears nothing of it');
    clientFar.destroy();
    t.match(await outcome, { reason: 'detached' });
  },
);

const GIVEN_UP: Verdict = {
  ok: false,
  decision: { effect: 'ask', rule: 'test/ask', reason: 'somebody has to look', unjudged: false },
  message: 'given up',
};

t.test('who waits for a decision when both sides are cut waits no longer', { timeout: 10_000 }, async (t) => {
  const play = await stage(t);
  for (const capture of ALL.filter(({ scenario }) => scenario === 'exec-stdin-script')) {
    const asked = Promise.withResolvers<void>();
    const gate = Object.create(play.guard.gate, {
      judge: {
        value: (_session: unknown, _identity: unknown, _action: unknown, { signal }: Waiting) => {
          asked.resolve();
          return new Promise<Verdict>((resolve) => {
            signal?.addEventListener('abort', () => resolve(GIVEN_UP));
          });
        },
      },
    });
    const session = ulid();
    const guard = { ...play.guard, gate };
    const log = new SessionLog({
      guard,
      session,
      identity: { user: 'a', groups: [], proof: 'claimed' },
      cwd: '/',
    });
    await log.start(['test']);
    const [clientNear, clientFar] = await pair(t);
    const [serverNear, serverFar] = await pair(t);
    gather(clientFar);
    gather(serverFar);
    const parameters = parametersOf(capture);
    const outcome = runRemoteCommand({
      ...{ log, agreement: agreementOf(capture), parameters },
      client: { socket: clientNear, head: Buffer.alloc(0) },
      server: { socket: serverNear, head: Buffer.alloc(0) },
      program: readProgram(parameters, analyseArgv),
    });
    clientFar.write(capture.client);
    await asked.promise;
    clientNear.destroy();
    serverNear.destroy();
    t.match(await outcome, { reason: /detached|failed/ }, capture.name);
    await log.end(await outcome);
    t.same(bodies(await play.events(session), 'command.decided'), [], 'and nothing is judged after the end');
  }
});
