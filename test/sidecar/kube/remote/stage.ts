/** A relay over real sockets and a real log, between a client and a server that play captured bytes. */

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from 'ulid';
import type { AuditEvent, BodyOf, EventType } from '../../../../recorder/audit/event.ts';
import type { Identity } from '../../../../recorder/audit/identity.ts';
import { AuditLog } from '../../../../recorder/log/audit-log.ts';
import type { StoredEvent } from '../../../../recorder/log/ports.ts';
import { systemClock } from '../../../../sidecar/clock.ts';
import { analyse, analyseArgv } from '../../../../sidecar/command/analyse.ts';
import { Gate, type PolicyInForce } from '../../../../sidecar/gate.ts';
import { newVault } from '../../../../sidecar/mask/new-vault.ts';
import type { Vault } from '../../../../sidecar/mask/vault.ts';
import { type Guard, SessionLog } from '../../../../sidecar/session/session-log.ts';

const WHO: Identity = { user: 'agent', groups: [], proof: 'claimed' };

const OPEN: PolicyInForce = {
  digest: 'test',
  decide: () => ({ effect: 'allow', rule: 'test/open', reason: 'open', unjudged: false }),
};

interface Test {
  teardown(action: () => Promise<unknown>): void;
}

export interface Stage {
  vault: Vault;
  journal: AuditLog;
  guard: Guard;
  /** A new session, begun. */
  begin(): Promise<{ id: string; log: SessionLog }>;
  events(id: string): Promise<StoredEvent[]>;
}

export async function stage(t: Test, policy: PolicyInForce = OPEN): Promise<Stage> {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-remote-'));
  const journal = await AuditLog.open({ data });
  t.teardown(async () => {
    await journal.close();
    await rm(data, { recursive: true, force: true });
  });
  const vault = newVault();
  const guard: Guard = {
    journal,
    gate: new Gate({ journal, clock: systemClock, policy: () => policy }),
    clock: systemClock,
    vault,
    policy: () => policy.digest,
    analyse,
    analyseArgv,
  };
  return {
    journal,
    vault,
    guard,
    begin: async () => {
      const id = ulid();
      const log = new SessionLog({ guard, session: id, identity: WHO, cwd: '/' });
      await log.start(['test']);
      return { id, log };
    },
    events: async (id) => {
      const events: StoredEvent[] = [];
      for await (const event of journal.events(id)) events.push(event);
      return events;
    },
  };
}

/** Two connected sockets. */
export async function pair(t: Test): Promise<[near: Socket, far: Socket]> {
  const server = createServer({ allowHalfOpen: false });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const near = connect((server.address() as { port: number }).port, '127.0.0.1');
  const [far] = await accepted;
  server.close();
  t.teardown(async () => {
    near.destroy();
    far.destroy();
  });
  return [near, far];
}

/** Everything that arrives, from now on. */
export interface Gathered {
  bytes(): Buffer;
  ended: Promise<void>;
  /** Resolves when `enough` says so of the pieces so far, or the connection is gone. */
  until(enough: (piece: Buffer) => boolean): Promise<void>;
}

export function gather(socket: Socket): Gathered {
  const pieces: Buffer[] = [];
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('data', (piece) => pieces.push(piece));
  socket.on('error', () => undefined);
  const until = (enough: (piece: Buffer) => boolean) =>
    new Promise<void>((resolve) => {
      const look = (piece: Buffer) => {
        if (enough(piece)) resolve();
      };
      for (const piece of pieces) look(piece);
      socket.on('data', look);
      socket.once('close', () => resolve());
    });
  return { bytes: () => Buffer.concat(pieces), ended, until };
}

export function bodies<T extends EventType>(events: readonly StoredEvent[], type: T): BodyOf<T>[] {
  return events
    .map(({ event }: { event: AuditEvent }) => event.body)
    .filter((body) => body.type === type) as BodyOf<T>[];
}

/** What was recorded of a stream. */
export function recorded(events: readonly StoredEvent[], stream?: 'stderr'): Buffer {
  return Buffer.concat(
    events.flatMap(({ event: { body }, content }) =>
      body.type === 'session.output' && body.stream === stream && content !== null ? [content] : [],
    ),
  );
}
