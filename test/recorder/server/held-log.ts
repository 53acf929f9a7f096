/** The real log, with a place to stand in front of an append: to hold it, or to make it fail. */
import type { Draft, EventBody } from '../../../recorder/audit/event.ts';
import type { SessionId } from '../../../recorder/audit/units.ts';
import type { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { ServedLog } from '../../../recorder/server/server.ts';

export class HeldLog implements ServedLog {
  readonly #log: AuditLog;
  /** Runs before each append; throws to refuse it, waits to hold it. */
  before: (session: SessionId, drafts: readonly Draft[]) => Promise<void> | null = () => null;

  constructor(log: AuditLog) {
    this.#log = log;
  }

  append: ServedLog['append'] = (session, drafts) => {
    const held = this.before(session, drafts);
    return held === null
      ? this.#log.append(session, drafts)
      : held.then(() => this.#log.append(session, drafts));
  };
  release: ServedLog['release'] = (session) => this.#log.release(session);
  announce: ServedLog['announce'] = (url) => this.#log.announce(url);
  sessions: ServedLog['sessions'] = (query) => this.#log.sessions(query);
  sessionsOf: ServedLog['sessionsOf'] = (sees, query) => this.#log.sessionsOf(sees, query);
  session: ServedLog['session'] = (id) => this.#log.session(id);
  events: ServedLog['events'] = (id, options) => this.#log.events(id, options);
  follow: ServedLog['follow'] = (id, options) => this.#log.follow(id, options);
  checkpoint: ServedLog['checkpoint'] = () => this.#log.checkpoint();
  mentions: ServedLog['mentions'] = (term, before) => this.#log.mentions(term, before);
  verify: ServedLog['verify'] = (options) => this.#log.verify(options);

  close(): Promise<void> {
    return this.#log.close();
  }

  /** What is stored of a session. */
  async bodies(id: SessionId): Promise<EventBody[]> {
    const bodies: EventBody[] = [];
    for await (const { event } of this.#log.events(id)) bodies.push(event.body);
    return bodies;
  }
}
