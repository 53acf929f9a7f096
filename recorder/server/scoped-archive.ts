/**
 * The archive as one login may see it. What lies out of their scope is not there: the same answers, word by word, as
 * for what has never been. Handlers get no other.
 */
import { type SessionId, SYSTEM } from '../audit/units.ts';
import { PROBLEMS, type ProblemCode } from '../audit/verify.ts';
import { ChaperoneError } from '../errors.ts';
import type {
  Archive,
  ArchiveBySubject,
  Problem,
  SessionPage,
  SessionQuery,
  SessionSummary,
  StoredEvent,
  Subject,
  VerifyReport,
} from '../log/ports.ts';
import { authorize, type Permission, reachOf } from './authorize.ts';
import type { Login } from './principal.ts';
import { absent, demand } from './refused.ts';

export class ScopedArchive implements Archive {
  readonly #archive: Archive & ArchiveBySubject;
  readonly #login: Login;

  constructor(archive: Archive & ArchiveBySubject, login: Login) {
    this.#archive = archive;
    this.#login = login;
  }

  async sessions(query: SessionQuery = {}): Promise<SessionPage> {
    const reach = reachOf(this.#login, 'sessions.view');
    if (reach === 'everything') return this.#archive.sessions(query);
    if (reach === 'nothing' || reach.length === 0) return { sessions: [] };
    return this.#archive.sessionsOf((subject) => this.#sees(subject), query);
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

  #sees({ user, namespace }: Subject): boolean {
    const pod = namespace === undefined ? {} : { pod: { namespace } };
    return authorize(this.#login, 'sessions.view', { user, ...pod });
  }
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
