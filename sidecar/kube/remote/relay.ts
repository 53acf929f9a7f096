/**
 * Between the client and the server of one remote command, both terminated here:
 *
 *     kubectl ──stdin──▶ End ─▶ StdinGate ─────────────▶ End ──▶ API server
 *             ◀─stdout── End ◀─ stored ◀─ OutputSink ◀── End ◀──
 *
 * Every frame is decoded and made anew, so that nothing passes that was not looked at, and what is held, refused or
 * masked never desynchronises the peers. A frame that cannot be decoded ends the session.
 */
import type { DataChannel, RemoteEvent, RemotePeer, TerminalSize } from '../wire/remotecommand.ts';
import { Bridge, type BridgeEnd } from './bridge.ts';
import type { End } from './end.ts';
import type { OutputChannel, OutputSink, Show } from './output.ts';
import type { Passage, StdinGate } from './stdin.ts';

/** One end of a remote command. */
export type CommandEnd = End<RemoteEvent, DataChannel, RemotePeer>;

export interface RelayOptions {
  client: CommandEnd;
  server: CommandEnd;
  stdin: StdinGate;
  /** Makes the sink. */
  output: (show: Show) => OutputSink;
  /** The window has a new size; resolves when that is stored. */
  resized: (size: TerminalSize) => Promise<void>;
  /** What the server says on the error channel, as it passes. */
  status: (data: Buffer) => void;
  /** Bytes for the error channel that say that we refused. */
  refusal: (message: string) => Uint8Array;
  /** Told when nobody waits for a decision any more. */
  gone: () => void;
  /** Where the person reads what we have to say; null where they read nothing. */
  notices: OutputChannel | null;
}

/**
 * RFC 6455 §7.4.1: a normal closure, however it went. That stands on the error channel, as from the server; with any
 * other code kubectl would show what it thinks of the code, and never what stands there.
 */
const CLOSED = 1000;

const ENDINGS: ReadonlySet<RemoteEvent['kind']> = new Set(['end', 'reset', 'close']);

export class Relay {
  readonly #options: RelayOptions;
  readonly #output: OutputSink;
  readonly #bridge = new Bridge<RemoteEvent>();

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#output = options.output((channel, bytes) => this.#show(channel, bytes));
  }

  /** Resolves when both connections are gone and everything that was shown is stored. */
  run(): Promise<BridgeEnd> {
    const { client, server } = this.#options;
    return this.#bridge.run({
      client,
      server,
      fromClient: (event) => this.#fromClient(event),
      fromServer: (event) => this.#fromServer(event),
      settled: () => this.#output.settled(),
      sayGoodbye: (over) => this.#sayGoodbye(over),
      gone: this.#options.gone,
    });
  }

  /** What happened to the output cannot be recorded, or not be shown: nothing more may pass. */
  fail(message: string, error: unknown): void {
    this.#bridge.fail(message, error);
  }

  async #fromServer(event: RemoteEvent): Promise<void> {
    const { client, server, status } = this.#options;
    if (event.kind === 'data') {
      if (event.channel === 'stdout' || event.channel === 'stderr') {
        if (event.data.length > 0) return this.#printed(event.channel, event.data);
      } else status(event.data);
      if (this.#bridge.refused !== null) return;
      // Whoever hears how it ended hangs up: what was printed before has to be there before.
      await this.#output.settled();
      await this.#passData(server, client, event.channel, event.data);
    } else {
      // The server's word on how it went would hide ours.
      if (this.#bridge.refused !== null && ENDINGS.has(event.kind)) return;
      if (ENDINGS.has(event.kind)) await this.#output.settled();
      await this.#answer(event, client);
    }
  }

  async #fromClient(event: RemoteEvent): Promise<void> {
    const { server, stdin, resized } = this.#options;
    if (event.kind === 'data') {
      if (event.channel === 'stdin') await this.#typed(event.data);
      else await this.#passData(this.#options.client, server, event.channel, event.data);
      return;
    }
    if (event.kind === 'resize') {
      await stdin.resized?.(event.size);
      await resized(event.size);
    }
    if (event.kind === 'end' && event.channel === 'stdin') {
      if (this.#bridge.refused === null) await this.#pass(await stdin.end());
      if (this.#bridge.refused !== null) return;
    }
    if (event.kind === 'ping' && server.lively) {
      // It may have said its last word and closed: what comes too late for it is answered by a reset, which takes
      // with it all that is still on its way to us. And whoever speaks needs no test.
      return this.#options.client.write(this.#options.client.peer.pong(event.token));
    }
    await this.#answer(event, server);
  }

  /** Input is decided about; the client may send as much again as was taken from it. */
  async #typed(data: Buffer): Promise<void> {
    const { client, stdin } = this.#options;
    for (let rest: Uint8Array | undefined = data; rest !== undefined && this.#bridge.refused === null; ) {
      const passage: Passage = await stdin.write(rest);
      await this.#pass(passage);
      rest = passage.again;
    }
    client.took('stdin', data.length);
  }

  async #pass({ pass, notice, refused }: Passage): Promise<void> {
    const { server } = this.#options;
    if (pass.length > 0) await server.send('stdin', pass);
    const message = refused ?? notice;
    if (message !== undefined) await this.#tell(message);
    if (refused === undefined) return;
    const end = server.peer.end('stdin');
    // Before v5 a WebSocket cannot say that its input is at an end: what waits for more has to be cut off.
    this.#bridge.refuse(refused, end.length === 0);
    await server.write(end);
  }

  async #tell(message: string): Promise<void> {
    const { notices } = this.#options;
    // A terminal has no stderr of its own.
    const end = notices === 'stderr' ? '\n' : '\r\n';
    if (notices !== null) await this.#output.write(notices, Buffer.from(`${message}${end}`));
  }

  /** Passes on whatever is no data, each as the method of the same name. */
  async #answer(event: Exclude<RemoteEvent, { kind: 'data' }>, other: CommandEnd): Promise<void> {
    const { peer } = other;
    switch (event.kind) {
      case 'open':
        return other.write(peer.open(event.channel));
      case 'accepted':
        return other.write(peer.accept(event.channel));
      case 'resize':
        return other.write(peer.resize(event.size));
      case 'end':
        return other.write(peer.end(event.channel));
      case 'reset':
        return other.write(peer.reset(event.channel, event.status));
      case 'ping':
        return other.write(peer.ping(event.token));
      case 'pong':
        return other.write(peer.pong(event.token));
      case 'close':
        return other.write(peer.close(event.code, event.reason));
      case 'fault':
        this.#bridge.fail(event.message);
        return;
      case 'writable':
      case 'discarded':
        return;
    }
  }

  async #passData(from: CommandEnd, to: CommandEnd, channel: DataChannel, data: Buffer): Promise<void> {
    if (data.length === 0) await to.write(to.peer.send(channel, data));
    else await to.send(channel, data);
    from.took(channel, data.length);
  }

  /** The server may send as much again once there is room: what is shown may be masked, and of another length. */
  async #printed(channel: OutputChannel, bytes: Uint8Array): Promise<void> {
    await this.#output.write(channel, bytes);
    this.#options.server.took(channel, bytes.length);
  }

  async #show(channel: OutputChannel, bytes: Uint8Array): Promise<void> {
    const { client, stdin } = this.#options;
    await stdin.shown?.(bytes);
    await client.send(channel, bytes);
  }

  /** Tells both sides why, in the order in which they can still hear it. */
  async #sayGoodbye(over: BridgeEnd): Promise<void> {
    const { client, server, refusal } = this.#options;
    switch (over.kind) {
      case 'ended':
        client.end(new Uint8Array());
        break;
      case 'left':
        server.end(new Uint8Array());
        break;
      case 'refused':
        server.end(server.peer.close(CLOSED));
        await this.#output.settled().catch(() => undefined);
        await client.send('error', refusal(over.message));
        client.end(client.peer.close(CLOSED, 'refused by policy'));
        break;
      case 'broken':
        server.end(server.peer.close(CLOSED));
        await client.send('error', refusal(over.message));
        client.end(client.peer.close(CLOSED, 'the session could not go on'));
        break;
    }
  }
}
