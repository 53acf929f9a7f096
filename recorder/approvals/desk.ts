/**
 * Where requests wait for a human. What happens to one of them is stored first and holds then; a request that is asked
 * again by the same asker, word by word, joins the first one or uses what was decided on it.
 *
 *   gate ──ask──▶ desk ◀──vote── server (page, CLI)
 *     ◀──mark──┘     └──▶ journal: approval.requested, voted, settled, used, revoked
 */
import { ulid } from 'ulid';
import type { Approver } from '../audit/approval.ts';
import type { ApprovalMark } from '../audit/decision.ts';
import type { Draft } from '../audit/event.ts';
import { type Micros, type SessionId, SYSTEM } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import type { Archive, Journal } from '../log/ports.ts';
import { Alarms } from './alarms.ts';
import {
  type Approval,
  type ApprovalEvent,
  after,
  answerTo,
  askerOf,
  markOf,
  mayReturn,
  originOf,
  outcome,
  requested,
} from './approval.ts';
import type { Approvals, Asking, Wait } from './asking.ts';
import { Entry } from './entry.ts';
import { bindingOf, requestOf } from './filing.ts';
import { NOBODY, type Owners, withHumans } from './owners.ts';
import { Quota, weightOf } from './quota.ts';
import { Recent } from './recent.ts';
import { restored } from './restore.ts';
import { checkVoter } from './voters.ts';

export interface Ballot {
  vote: 'approve' | 'deny';
  comment?: string;
  /** Microseconds for which the very same action passes again in the same conversation. */
  grant?: Micros;
}

/** @param events what happened just now, as it is stored; together they made it what it is */
export type Listener = (approval: Approval, events: readonly ApprovalEvent[], at: Micros) => void;

export interface DeskOptions {
  journal: Journal;
  archive: Pick<Archive, 'events'>;
  clock: { now(): Micros };
  /** A secret of this recorder, the same after a restart: what digests are stored under, so that none can be guessed. */
  key: Uint8Array;
  /** An event with the secrets that are known masked, as the journal stores it: nobody is shown more than that. */
  masked?: <T extends ApprovalEvent>(body: T) => T;
  /** Where approvers sign in; null, or left out, where there is one who may log in. */
  issuer?: string | null;
  /** Which people a workload acts for. */
  owners?: Owners;
}

const MILLISECOND: Micros = 1000;

export class Desk implements Approvals {
  readonly #options: DeskOptions;
  readonly #entries = new Map<string, Entry>();
  /** By what is asked and by whom: the latest. */
  readonly #byKey = new Map<string, Promise<Entry>>();
  readonly #listeners = new Set<Listener>();
  readonly #quota = new Quota();
  /** What nothing joins any more. */
  readonly #over = new Recent();
  readonly #alarms: Alarms;
  #closed = false;

  private constructor(options: DeskOptions) {
    this.#options = options;
    this.#alarms = new Alarms({
      now: () => this.#now(),
      due: (entry) => this.#due(entry),
      over: (entry) => this.#forget(entry),
    });
  }

  /** Takes up what a former recorder left: what waits goes on waiting, or expires now. */
  static async open(options: DeskOptions): Promise<Desk> {
    const desk = new Desk(options);
    for (const approval of await restored(options.archive, options.clock.now())) {
      const { request, settled } = approval;
      const leave = settled === null ? desk.#quota.hold(request) : () => {};
      const entry = desk.#enter(new Entry(approval, keyOf(request), leave));
      desk.#byKey.set(entry.key, Promise.resolve(entry));
    }
    return desk;
  }

  async ask(said: Asking, { signal, waiting }: Wait = {}): Promise<ApprovalMark> {
    const asking = { ...said, requester: withHumans(said.requester, this.#options.owners ?? NOBODY) };
    const digest = bindingOf(asking, this.#options.key);
    const key = keyOf({ ...asking, digest });
    for (;;) {
      const entry = await this.#entryFor(key, asking, digest);
      const found = entry.approval;
      // Its time may be up already: then that is what it waits for.
      if (found.settled === null) {
        waiting?.(entry.id);
        await entry.settled(signal);
        const { settled } = entry.approval;
        if (settled === null) return { ...markOf(entry.approval), state: 'abandoned' };
        if (settled.state !== 'approved') return markOf(entry.approval);
      }
      if (answerTo(entry.approval, this.#now()) === 'refuse') return markOf(entry.approval);
      const became = await this.#use(entry, asking, signal);
      if (became === 'gone') return { ...markOf(entry.approval), state: 'abandoned' };
      if (became === 'used') return markOf(entry.approval);
    }
  }

  /** @throws ChaperoneError `NOT_FOUND`, `SETTLED`, `FORBIDDEN`, and those of `Journal.append` */
  async vote(id: string, by: Approver, ballot: Ballot): Promise<Approval> {
    const entry = this.#entry(id);
    return entry.inTurn(async () => {
      const now = this.#now();
      checkVoter(entry.approval, by, now);
      const voted = { type: 'approval.voted' as const, id, by, ...ballot };
      const settled = outcome(after(entry.approval, voted, now), now);
      await this.#happen(entry, settled === null ? [voted] : [voted, settled]);
      return entry.approval;
    });
  }

  /** Who may do that is for the caller to say. @throws ChaperoneError as `vote` does */
  async cancel(id: string, by: string, login?: string): Promise<Approval> {
    const entry = this.#entry(id);
    return entry.inTurn(async () => {
      if (entry.approval.settled !== null)
        throw new ChaperoneError('SETTLED', `this request is ${entry.approval.settled.state} already`);
      await this.#happen(entry, [
        { type: 'approval.settled', id, state: 'cancelled', by, ...(login !== undefined && { login }) },
      ]);
      return entry.approval;
    });
  }

  async giveBack(id: string, session: SessionId, reason: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    await entry.inTurn(async () => {
      if (!mayReturn(entry.approval) || entry.usedIn !== session) return;
      await this.#return(entry, session, reason);
    });
  }

  /** Ends a grant, or an approval that was not used yet. @throws ChaperoneError as `vote` does */
  async revoke(id: string, by: Approver): Promise<Approval> {
    const entry = this.#entry(id);
    return entry.inTurn(async () => {
      if (answerTo(entry.approval, this.#now()) !== 'go on')
        throw new ChaperoneError('SETTLED', 'nothing passes by it any more');
      await this.#happen(entry, [{ type: 'approval.revoked', id, by }]);
      return entry.approval;
    });
  }

  /** What waits, the oldest first, and then what is over, the newest first. */
  list(): Approval[] {
    const all = [...this.#entries.values()].map(({ approval }) => approval);
    const over = all.filter(({ settled }) => settled !== null).sort((a, b) => b.settledAt - a.settledAt);
    return [...all.filter(({ settled }) => settled === null), ...over];
  }

  /** @throws ChaperoneError `NOT_FOUND` */
  find(id: string): Approval {
    return this.#entry(id).approval;
  }

  /** Told of each change once it is stored. Returns what ends that. */
  watch(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Who waits here goes away empty-handed; what waits is taken up again by the next recorder. */
  close(): void {
    this.#closed = true;
    this.#alarms.close();
    for (const entry of this.#entries.values()) entry.leave();
  }

  #now(): Micros {
    return this.#options.clock.now();
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new ChaperoneError('NOT_FOUND', `there is no request ${id} to decide on`);
    return entry;
  }

  /** The one that was asked before, where it still has an answer; a new one otherwise. */
  async #entryFor(key: string, asking: Asking, digest: string): Promise<Entry> {
    for (;;) {
      const known = this.#byKey.get(key);
      const entry = await known;
      if (this.#byKey.get(key) !== known) continue;
      if (entry !== undefined && answerTo(entry.approval, this.#now(), originOf(asking)) !== 'ask anew')
        return entry;
      const filed = this.#file(key, asking, digest);
      this.#byKey.set(key, filed);
      return filed.catch((error) => {
        if (this.#byKey.get(key) === filed) this.#byKey.delete(key);
        throw error;
      });
    }
  }

  async #file(key: string, asking: Asking, digest: string): Promise<Entry> {
    const { body, effect } = asking;
    if (this.#closed) throw new ChaperoneError('RECORDER_GONE', 'the recorder is stopping');
    const at = this.#now();
    const id = ulid(Math.floor(at / MILLISECOND));
    const request = this.#masked(requestOf(asking, { id, at, digest, issuer: this.#options.issuer ?? null }));
    const leave = this.#quota.take(request);
    try {
      const content = body === undefined ? {} : { content: body.content };
      const drafts: Draft[] = [{ at, body: { ...request, ...content } }];
      if (effect !== undefined)
        drafts.push({ at, body: { type: 'approval.effect', id: request.id, content: effect } });
      await this.#options.journal.append(SYSTEM, drafts);
    } catch (error) {
      leave();
      throw error;
    }
    const entry = this.#enter(new Entry(requested(request, at), key, leave));
    this.#tell(entry.approval, [request], at);
    return entry;
  }

  #enter(entry: Entry): Entry {
    this.#entries.set(entry.id, entry);
    if (this.#closed) entry.leave();
    this.#alarms.arm(entry);
    return entry;
  }

  #masked<T extends ApprovalEvent>(body: T): T {
    return this.#options.masked?.(body) ?? body;
  }

  /**
   * @param signal of who asks: where they are gone meanwhile, nothing was run by it, and the retry needs no other one
   * @returns `taken` where another call has used it first
   */
  #use(
    entry: Entry,
    { session, origin = session }: Asking,
    signal?: AbortSignal,
  ): Promise<'used' | 'gone' | 'taken'> {
    return entry.inTurn(async () => {
      if (answerTo(entry.approval, this.#now(), origin) !== 'go on') return 'taken';
      if (signal?.aborted) return 'gone';
      await this.#happen(entry, [{ type: 'approval.used', id: entry.id, session }]);
      entry.usedIn = origin;
      if (!signal?.aborted) return 'used';
      if (mayReturn(entry.approval)) await this.#return(entry, session, 'who asked was gone');
      return 'gone';
    });
  }

  async #return(entry: Entry, session: SessionId, reason: string): Promise<void> {
    await this.#happen(entry, [{ type: 'approval.returned', id: entry.id, session, reason }]);
    // Unless something newer has taken its place.
    if (!this.#byKey.has(entry.key)) this.#byKey.set(entry.key, Promise.resolve(entry));
  }

  /** Stored first; then it holds. */
  async #happen(entry: Entry, happened: readonly ApprovalEvent[]): Promise<void> {
    const at = this.#now();
    const bodies = happened.map((body) => this.#masked(body));
    const waited = entry.approval.settled === null;
    await this.#options.journal.append(
      SYSTEM,
      bodies.map((body) => ({ at, body }) as Draft),
    );
    for (const body of bodies) entry.approval = after(entry.approval, body, at);
    if (waited && entry.approval.settled !== null) {
      entry.quit();
      entry.wake();
    }
    this.#alarms.arm(entry);
    this.#tell(entry.approval, bodies, at);
  }

  #tell(...news: Parameters<Listener>): void {
    for (const listener of this.#listeners) listener(...news);
  }

  /** Its time has come: it is settled by that, if by nothing else. */
  #due(entry: Entry): Promise<void> {
    return entry.inTurn(async () => {
      const settled = outcome(entry.approval, this.#now());
      if (settled === null) this.#alarms.arm(entry);
      else await this.#happen(entry, [settled]);
    });
  }

  /** It is still shown for a while, but nothing new joins it. */
  #forget(entry: Entry): void {
    const { key, approval } = entry;
    const known = this.#byKey.get(key);
    void known?.then((latest) => {
      if (latest === entry && this.#byKey.get(key) === known) this.#byKey.delete(key);
    });
    for (const id of this.#over.add(entry.id, weightOf(approval.request))) this.#entries.delete(id);
  }
}

function keyOf(request: Pick<Asking, 'requester' | 'session' | 'origin' | 'digest'>): string {
  return `${request.digest} ${askerOf(request)}`;
}
