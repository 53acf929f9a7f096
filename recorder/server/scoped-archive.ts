/**
 * The archive as one login may see it. What lies out of their scope is not there: the same answers, word by word, as
 * for what has never been. Handlers get no other.
 */
import { decodeTime, encodeTime, TIME_MAX } from 'ulid';
import { type SessionId, SYSTEM } from '../audit/units.ts';
import { PROBLEMS, type ProblemCode } from '../audit/verify.ts';
import { ChaperoneError } from '../errors.ts';
import type {
  Archive,
  Problem,
  SessionPage,
  SessionQuery,
  SessionSummary,
  StoredEvent,
  VerifyReport,
} from '../log/ports.ts';
import { authorize, type Permission, reachOf } from './authorize.ts';
import type { Login } from './principal.ts';
import { absent, demand } from './refused.ts';

/** A page of a list is looked for in so many sessions, read by so many at a time; `next` then says where to go on. */
const LOOK_THROUGH = { pages: 40, sessions: 500 };
const DEFAULT_LIMIT = 50;

export class ScopedArchive implements Archive {
  readonly #archive: Archive;
  readonly #login: Login;
  readonly #lookThrough: typeof LOOK_THROUGH;

  constructor(archive: Archive, login: Login, lookThrough = LOOK_THROUGH) {
    this.#archive = archive;
    this.#login = login;
    this.#lookThrough = lookThrough;
  }

  async sessions(query: SessionQuery = {}): Promise<SessionPage> {
    const reach = reachOf(this.#login, 'sessions.view');
    if (reach === 'everything') return this.#archive.sessions(query);
    const { limit = DEFAULT_LIMIT, ...rest } = query;
    if (reach === 'nothing' || reach.length === 0) return { sessions: [] };
    const found: SessionSummary[] = [];
    let before = query.before;
    for (let page = 1; ; page += 1) {
      const at = { ...rest, ...(before !== undefined && { before }), limit: this.#lookThrough.sessions };
      const { sessions, next } = await this.#archive.sessions(at);
      for (const session of sessions) {
        if (!this.#sees(session)) continue;
        if (found.length === limit) return { sessions: found, next: found.at(-1)!.id };
        found.push(session);
      }
      if (next === undefined) return { sessions: found };
      before = next;
      const cursor = cursorAt(next, found.at(-1)?.id);
      // A cursor that is not behind the last one would make its reader go round in a circle.
      if (page >= this.#lookThrough.pages && (query.before === undefined || cursor < query.before))
        return { sessions: found, next: cursor };
    }
  }

  async session(id: SessionId): Promise<SessionSummary> {
    return this.#one(id, 'sessions.view');
  }

  async *events(id: SessionId, options?: Parameters<Archive['events']>[1]): AsyncGenerator<StoredEvent> {
    await this.admit(id);
    yield* this.#archive.events(id, options);
  }

  async *follow(id: SessionId, options?: Parameters<Archive['follow']>[1]): AsyncGenerator<StoredEvent> {
    await this.admit(id);
    yield* this.#archive.follow(id, options);
  }

  /** @throws Refused where these events are not theirs to read; `SYSTEM` has events of its own */
  async admit(id: SessionId): Promise<void> {
    if (id === SYSTEM) demand(this.#login, 'log.read');
    else await this.#one(id, 'sessions.view');
  }

  async checkpoint(): Promise<string> {
    demand(this.#login, 'log.verify');
    return this.#archive.checkpoint();
  }

  async verify(options: Parameters<Archive['verify']>[0] = {}): Promise<VerifyReport> {
    const { session = null } = options;
    await this.admitVerification(session);
    const report = await this.#archive.verify(options);
    return authorize(this.#login, 'log.verify', null) ? report : narrowed(report, session!);
  }

  /** @throws Refused where it is not theirs to verify; null is the whole log */
  async admitVerification(session: SessionId | null): Promise<void> {
    if (session === null) demand(this.#login, 'log.verify');
    else await this.#one(session, 'sessions.verify');
  }

  async #one(id: SessionId, permission: Permission): Promise<SessionSummary> {
    if (reachOf(this.#login, permission) === 'everything') return this.#archive.session(id);
    const summary = await this.#archive.session(id).catch((error: unknown) => {
      if (error instanceof ChaperoneError && error.code === 'SESSION_UNKNOWN') throw absent('unknown', id);
      throw error;
    });
    if (!authorize(this.#login, permission, summary.identity)) throw absent('scope', id);
    return summary;
  }

  #sees({ identity }: SessionSummary): boolean {
    return authorize(this.#login, 'sessions.view', identity);
  }
}

const MINUTE_MS = 60_000;

/**
 * Where a list goes on that was not full when it had looked long enough. The id it stopped at is that of a session
 * which may be none of the reader's business: so the end of its minute stands for it, or what they were given last.
 */
function cursorAt(id: SessionId, last: SessionId | undefined): string {
  const minute = Math.floor(decodeTime(id) / MINUTE_MS) * MINUTE_MS;
  const end = encodeTime(Math.min(minute + MINUTE_MS, TIME_MAX)) + '0'.repeat(16);
  return last !== undefined && last < end ? last : end;
}

/** Without what tells of other sessions: how many events there are in all, files, and details that name neighbours. */
function narrowed({ problems, ...report }: VerifyReport, session: SessionId): VerifyReport {
  return { ...report, checkpoint: '', problems: problems.map((problem) => narrow(problem, session)) };
}

function narrow({ code, session, seq }: Problem, own: SessionId): Problem {
  const message = PROBLEMS[code as ProblemCode] ?? code;
  if (session !== own) return { code, message };
  return { code, message, session, ...(seq !== undefined && { seq }) };
}
