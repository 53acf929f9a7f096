/** Verifies stored content against the events that commit to it, in log order, many sessions at once. */
import type { AuditEvent } from '../audit/event.ts';
import type { ContentRef, SessionId } from '../audit/units.ts';
import { type Context, extend, groupedBack, unpack } from '../store/content.ts';
import type { Reader } from '../store/store.ts';
import type { Findings } from './findings.ts';
import type { Problem } from './ports.ts';
import { contextBefore } from './reader.ts';

/** Sessions whose last output is kept in memory; of others it is read again when it is needed. */
const CONTEXTS = 256;

interface Damage {
  /** Seqs of the groups that it may have been part of: what the value says of itself is not to be trusted. */
  groups: readonly (number | undefined)[];
  range: NonNullable<Problem['range']>;
}

export class ContentCheck {
  readonly #store: Reader;
  readonly #findings: Findings;
  readonly #contexts = new Map<SessionId, Context>();
  readonly #damaged = new Map<SessionId, Damage>();

  constructor(store: Reader, findings: Findings) {
    this.#store = store;
    this.#findings = findings;
  }

  /** @param at offset of the content in the output of its session */
  async check(event: AuditEvent, ref: ContentRef, value: Uint8Array | undefined, at: number): Promise<void> {
    const { session, seq } = event;
    const range = { from: at, to: at + ref.bytes };
    if (value === undefined) {
      this.#contexts.delete(session);
      return this.#findings.add('CONTENT_MISSING', { session, seq, range });
    }
    if (event.body.type === 'session.input') {
      if (unpack(value, ref, null) === null) this.#findings.add('CONTENT_DAMAGED', { session, seq });
      return;
    }
    const back = groupedBack(value);
    if (this.#behindDamage(session, seq - back, range.to)) return;
    const context = back === 0 ? null : await this.#contextOf(event, back);
    const bytes = unpack(value, ref, context);
    if (bytes === null) {
      const groups = [seq, seq - back, this.#contexts.get(session)?.start];
      this.#damaged.set(session, { groups, range });
      return this.#findings.add('CONTENT_DAMAGED', { session, seq, range });
    }
    this.#remember(session, extend(context, { bytes, seq }));
  }

  forget(session: SessionId): void {
    this.#contexts.delete(session);
    this.#damaged.delete(session);
  }

  /** What is compressed with damaged bytes as its dictionary is lost with them: one problem, whose range grows. */
  #behindDamage(session: SessionId, group: number, to: number): boolean {
    const damage = this.#damaged.get(session);
    if (!damage?.groups.includes(group)) return false;
    damage.range.to = to;
    return true;
  }

  async #contextOf(event: AuditEvent, back: number): Promise<Context | null> {
    const kept = this.#contexts.get(event.session);
    if (kept?.start === event.seq - back) return kept;
    return await contextBefore(this.#store, event, back).catch(() => null);
  }

  #remember(session: SessionId, context: Context): void {
    this.#contexts.delete(session);
    this.#contexts.set(session, context);
    if (this.#contexts.size <= CONTEXTS) return;
    const [oldest] = this.#contexts.keys();
    if (oldest !== undefined) this.#contexts.delete(oldest);
  }
}
