import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { noteText, parseCheckpoint, type Signer } from '../audit/checkpoint.ts';
import { isSessionId } from '../audit/decode.ts';
import type { Draft } from '../audit/event.ts';
import type { Hash } from '../audit/merkle.ts';
import type { Term } from '../audit/terms.ts';
import { type SessionId, SYSTEM } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import { storeFault } from '../store/fault.ts';
import { type Owner, removeOwner, self, writeOwner } from '../store/owner.ts';
import type { Store } from '../store/store.ts';
import { Bell } from './bell.ts';
import { completeMentions, mentions, mentionsBegin, mentionsFrom } from './mentions.ts';
import { extend, identify, seize } from './opening.ts';
import type {
  Archive,
  ArchiveBySubject,
  Journal,
  Mention,
  Mentions,
  SessionPage,
  SessionQuery,
  SessionSummary,
  StoredEvent,
  Subject,
  VerifyReport,
} from './ports.ts';
import { type InclusionProof, proveConsistency, proveInclusion } from './proofs.ts';
import { readEvents } from './reader.ts';
import { listSessions, listSessionsOf, oneSession, tailOf, unknown } from './sessions.ts';
import { completeSubjects, subjectsBegin, subjectsFrom } from './subjects.ts';
import { type VerifyOptions, verifyOpen } from './verification.ts';
import { Writer } from './writer.ts';

export interface AuditLogOptions {
  /** The directory of it all; made if it is missing. */
  data: string;
  /**
   * `grouped` (the default): an append resolves once it survives `kill -9`, and a power cut at most 50 ms later.
   * `always`: an append resolves once it survives a power cut.
   */
  sync?: 'grouped' | 'always';
}

interface Span {
  from?: number;
  signal?: AbortSignal;
}

export class AuditLog implements Journal, Archive, ArchiveBySubject, Mentions {
  readonly #data: string;
  readonly #store: Store;
  readonly #writer: Writer;
  readonly #bell: Bell;
  readonly #signer: Signer;
  #owner: Owner;
  /** That the index of what events speak of is complete. */
  #mentioned: Promise<void> | null = null;
  /** That the index of whose sessions there are is. */
  #subjects: Promise<void> | null = null;

  private constructor(parts: {
    data: string;
    store: Store;
    writer: Writer;
    bell: Bell;
    signer: Signer;
    owner: Owner;
  }) {
    this.#signer = parts.signer;
    this.#data = parts.data;
    this.#store = parts.store;
    this.#writer = parts.writer;
    this.#bell = parts.bell;
    this.#owner = parts.owner;
  }

  /** @throws ChaperoneError `STORE_LOCKED`, `STORE_CORRUPT`, `STORE_FULL`, `STORE_FAILED` */
  static async open({ data, sync = 'grouped' }: AuditLogOptions): Promise<AuditLog> {
    const { store, gap } = await seize(data);
    try {
      const log = await AuditLog.#take(data, store, sync);
      if (gap !== null) await log.append(SYSTEM, [gap]);
      return log;
    } catch (error) {
      await store.close();
      await removeOwner(data).catch(() => undefined);
      throw storeFault(error, data);
    }
  }

  /** The log in a store that is ours now. */
  static async #take(data: string, store: Store, sync: 'grouped' | 'always'): Promise<AuditLog> {
    const owner = self();
    await writeOwner(data, owner);
    const path = join(data, 'checkpoint');
    const { signer, note, checkpoint } = await identify(data, store, path);
    const frontier = await extend(store, checkpoint);
    if ((await mentionsFrom(store)) === 'never') await store.write([mentionsBegin(frontier.size)]);
    if ((await subjectsFrom(store)) === 'never') await store.write([subjectsBegin(frontier.size)]);
    const bell = new Bell();
    const head = { signer, path, size: checkpoint.size, note };
    const writer = new Writer(frontier, { store, bell, sync, checkpoint: head });
    return new AuditLog({ data, store, bell, signer, owner, writer });
  }

  append(session: SessionId, drafts: readonly Draft[]): Promise<void> {
    if (!isSessionId(session)) {
      return Promise.reject(
        new ChaperoneError('EVENT_INVALID', `${session.slice(0, 40)} is not a session id`),
      );
    }
    return this.#writer.append(session, drafts);
  }

  /** Resolves once everything appended so far survives a power cut. */
  durable(): Promise<void> {
    return this.#writer.durable();
  }

  /** The writer of this session is gone. Without `session.end` the session counts as cut off from now on. */
  release(session: SessionId): void {
    this.#writer.release(session);
  }

  /**
   * 32 bytes that only who has the log's key can tell, the same each time for one purpose. Ed25519 signs the same
   * words alike (https://www.rfc-editor.org/rfc/rfc8032#section-5.1.6), and never are these the words of a checkpoint.
   */
  secret(purpose: string): Uint8Array {
    const words = Buffer.from(`chaperone.dev/secret\n${purpose}`);
    return createHash('sha256').update(this.#signer.sign(words)).digest();
  }

  /** Tells other processes of this machine where this one listens. */
  async announce(url: string): Promise<void> {
    this.#owner = { ...this.#owner, url };
    await writeOwner(this.#data, this.#owner);
  }

  sessions(query?: SessionQuery): Promise<SessionPage> {
    return listSessions(this.#store, this.#writer.live, query);
  }

  /** What former versions stored is looked through once, when first asked. */
  async sessionsOf(sees: (subject: Subject) => boolean, query?: SessionQuery): Promise<SessionPage> {
    this.#subjects ??= completeSubjects(this.#store).catch((error: unknown) => {
      this.#subjects = null;
      throw error;
    });
    await this.#subjects;
    return listSessionsOf(this.#store, this.#writer.live, sees, query);
  }

  session(id: SessionId): Promise<SessionSummary> {
    return oneSession(this.#store, this.#writer.live, id);
  }

  async *events(
    id: SessionId,
    { from = 0, content = true, signal }: Span & { content?: boolean } = {},
  ): AsyncIterable<StoredEvent> {
    const tail = await tailOf(this.#store, id);
    if (tail === null && id !== SYSTEM) throw unknown(id);
    for await (const event of readEvents(this.#store, id, { from, to: tail?.events ?? 0, content })) {
      if (signal?.aborted) return;
      yield event;
    }
  }

  async *follow(id: SessionId, { from = 0, signal }: Span = {}): AsyncIterable<StoredEvent> {
    let next = from;
    const aborted = onAbort(signal);
    try {
      while (!signal?.aborted) {
        const more = this.#bell.next(id);
        const goesOn = id === SYSTEM || this.#writer.live.has(id);
        for await (const stored of this.events(id, { from: next, ...(signal && { signal }) })) {
          next = stored.event.seq + 1;
          yield stored;
          if (stored.event.body.type === 'session.end') return;
        }
        if (!goesOn) return;
        await Promise.race([more, aborted.promise]);
      }
    } finally {
      aborted.dispose();
    }
  }

  /** Events that speak of a term, the newest first. What former versions stored is looked through once, when first asked. */
  async *mentions(term: Term, before?: number): AsyncIterable<Mention> {
    this.#mentioned ??= completeMentions(this.#store).catch((error: unknown) => {
      this.#mentioned = null;
      throw error;
    });
    await this.#mentioned;
    yield* mentions(this.#store, term, before);
  }

  async checkpoint(): Promise<string> {
    return this.#writer.note;
  }

  /** That an event is in the tree of the latest checkpoint, which is returned with the proof. */
  async prove(session: SessionId, seq: number): Promise<{ checkpoint: string; proof: InclusionProof }> {
    await this.durable();
    const checkpoint = this.#writer.note;
    const { size } = parseCheckpoint(noteText(checkpoint));
    return { checkpoint, proof: await proveInclusion(this.#store, { session, seq }, size) };
  }

  /** That the log of the latest checkpoint extends that of an older one with `old` events. */
  async proveExtension(old: number): Promise<{ checkpoint: string; path: Hash[] }> {
    const checkpoint = this.#writer.note;
    const { size } = parseCheckpoint(noteText(checkpoint));
    return { checkpoint, path: await proveConsistency(this.#store, old, size) };
  }

  /** Makes everything durable, then verifies it as it is now, while appending goes on. */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    await this.durable();
    const written = parseCheckpoint(noteText(this.#writer.note));
    const snapshot = this.#store.snapshot();
    try {
      return await verifyOpen(this.#data, snapshot, written, options);
    } finally {
      await snapshot.close();
    }
  }

  /** Makes everything durable and lets go of the directory. */
  async close(): Promise<void> {
    try {
      await this.#writer.close();
    } finally {
      await this.#store.close();
      await removeOwner(this.#data);
    }
  }
}

/** A promise of the signal's abort, and how to forget it. */
function onAbort(signal?: AbortSignal): { promise: Promise<void>; dispose: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = () => resolve();
  signal?.addEventListener('abort', listener, { once: true });
  return { promise, dispose: () => signal?.removeEventListener('abort', listener) };
}
