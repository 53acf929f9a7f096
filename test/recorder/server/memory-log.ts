/** Both doors of the log over an array, for what a real store cannot be made to do: fail, or wait, on command. */
import { createHash } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import type { AuditEvent, Draft, EventBody, SessionId } from '../../../recorder/audit/event.ts';
import { ChaperoneError } from '../../../recorder/errors.ts';
import type {
  Archive,
  Journal,
  SessionSummary,
  StoredEvent,
  VerifyReport,
} from '../../../recorder/log/ports.ts';

export class MemoryLog implements Journal, Archive {
  readonly events_ = new Map<SessionId, StoredEvent[]>();
  readonly cut: SessionId[] = [];
  readonly changed = new EventEmitter().setMaxListeners(0);
  /** Runs before an append is taken; throws to refuse it, waits to hold it. */
  before: (session: SessionId, drafts: readonly Draft[]) => Promise<void> = async () => {};

  async append(session: SessionId, drafts: readonly Draft[]): Promise<void> {
    await this.before(session, drafts);
    const events = this.events_.get(session) ?? [];
    this.events_.set(session, events);
    for (const { at, body } of drafts) {
      const content = 'content' in body ? body.content : null;
      const lean = content === null ? body : { ...body, content: refer(content) };
      events.push({ event: { v: 1, session, seq: events.length, at, body: lean as EventBody }, content });
    }
    this.changed.emit('append');
  }

  async cutOff(session: SessionId): Promise<void> {
    this.cut.push(session);
  }

  async sessions(): ReturnType<Archive['sessions']> {
    return {
      sessions: [...this.events_.keys()].filter((id) => id !== 'system').map((id) => this.#summary(id)),
    };
  }

  async session(id: SessionId): Promise<SessionSummary> {
    return this.#summary(id);
  }

  async *events(id: SessionId, { from = 0 } = {}): AsyncGenerator<StoredEvent> {
    yield* (this.events_.get(id) ?? []).slice(from);
  }

  async *follow(
    id: SessionId,
    options: { from?: number; signal?: AbortSignal } = {},
  ): AsyncGenerator<StoredEvent> {
    const appends = on(this.changed, 'append', { signal: options.signal });
    for (let next = options.from ?? 0; ; ) {
      for (const stored of (this.events_.get(id) ?? []).slice(next)) {
        yield stored;
        next += 1;
        if (stored.event.body.type === 'session.end') return;
      }
      await appends.next();
    }
  }

  async checkpoint(): Promise<string> {
    return 'memory\n0\n\n';
  }

  async verify(options: Parameters<Archive['verify']>[0] = {}): Promise<VerifyReport> {
    options.progress?.(1, 2);
    return { ok: true, size: 2, sessions: 1, checkpoint: await this.checkpoint(), problems: [] };
  }

  bodies(id: SessionId): AuditEvent['body'][] {
    return (this.events_.get(id) ?? []).map(({ event }) => event.body);
  }

  #summary(id: SessionId): SessionSummary {
    const events = this.events_.get(id);
    const start = events?.[0]?.event;
    if (events === undefined || start?.body.type !== 'session.start') {
      throw new ChaperoneError('SESSION_UNKNOWN', `there is no session ${id}`);
    }
    const { identity, host, command, cwd } = start.body;
    const state = this.cut.includes(id) ? 'cut-off' : 'live';
    const counts = { events: events.length, outputBytes: 0, commands: 0, refused: 0, unjudged: 0 };
    return {
      id,
      state,
      startedAt: start.at,
      lastAt: events.at(-1)!.event.at,
      identity,
      host,
      command,
      cwd,
      ...counts,
    };
  }
}

function refer(content: Uint8Array): { bytes: number; hash: string } {
  return { bytes: content.length, hash: createHash('sha256').update(content).digest('base64url') };
}
