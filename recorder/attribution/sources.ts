/** What attribution reads, within what its reader may see: sessions, what ran in them, what they asked of the API. */
import type { BodyOf } from '../audit/event.ts';
import { claimedTerm, givenTo, kubectlTerm } from '../audit/terms.ts';
import type { SessionId } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import type { Archive, Mentions, SessionSummary, StoredEvent } from '../log/ports.ts';
import type { Basis } from './chain.ts';
import type { Executed, Place } from './matching.ts';

/** Events of one session that are looked at. */
const MOST_EVENTS = 200_000;
/** Events that are looked at for the end of a request, and those of a session that are read backwards at first. */
const NEAR = 2000;
const STEP = 128;

export interface Ran extends Executed {
  body: BodyOf<'command.decided'>;
}

export interface Requested extends Place {
  body: BodyOf<'request.admitted'>;
}

export class Sources {
  readonly archive: Archive;
  readonly mentions: Mentions['mentions'];
  readonly #signal: AbortSignal | null;
  readonly #sessions = new Map<SessionId, Promise<SessionSummary | null>>();

  /**
   * @param archive as far as the reader may see it; what is in no session of it is never shown
   * @param signal aborts when nobody waits for the answer any more
   */
  constructor(archive: Archive, mentions: Mentions, signal?: AbortSignal) {
    this.archive = archive;
    this.#signal = signal ?? null;
    this.mentions = (term, before) => mentions.mentions(term, before);
  }

  /** Null where there is none that the reader may see. */
  session(id: SessionId): Promise<SessionSummary | null> {
    this.#signal?.throwIfAborted();
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    const found = this.archive.session(id).catch((error: unknown) => {
      if (error instanceof ChaperoneError && error.code === 'SESSION_UNKNOWN') return null;
      throw error;
    });
    this.#sessions.set(id, found);
    return found;
  }

  /** Without content. */
  async *events(id: SessionId, from = 0): AsyncGenerator<StoredEvent['event']> {
    let left = MOST_EVENTS;
    for await (const { event } of this.archive.events(id, { from, content: false })) {
      this.#signal?.throwIfAborted();
      if (left-- <= 0) return;
      yield event;
    }
  }

  /** How a request ended; null while it is under way, or where that is far off. */
  async endOf({
    session,
    seq,
    body,
  }: Requested): Promise<(Place & { body: BodyOf<'request.ended'> }) | null> {
    let left = NEAR;
    for await (const event of this.events(session, seq + 1)) {
      if (event.body.type === 'request.ended' && event.body.id === body.id)
        return { ...event, body: event.body };
      if (left-- <= 0) return null;
    }
    return null;
  }

  /** Commands of a session before one of its events, as far back as `enough` wants; the last one is the nearest. */
  async commandsBefore(
    session: SessionSummary,
    seq: number,
    enough: (found: Ran[]) => boolean,
  ): Promise<Ran[]> {
    for (let step = STEP; ; step *= 8) {
      const from = Math.max(0, seq - step);
      const found: Ran[] = [];
      for await (const event of this.events(session.id, from)) {
        if (event.seq >= seq) break;
        const { body } = event;
        if (body.type === 'command.decided' && body.context === undefined)
          found.push(ranIn(session, { ...event, body }));
      }
      if (from === 0 || enough(found)) return found;
    }
  }
}

/** An execution, as it can be matched. */
export function ranIn(session: SessionSummary, event: Place & { body: BodyOf<'command.decided'> }): Ran {
  const { body, seq, at } = event;
  // What a shell was started with is judged first of all in its session.
  const given = seq === 1 ? givenTo(session.command) : null;
  return {
    ...{ session: session.id, seq, at, body, cwd: body.cwd, allowed: body.allowed },
    lines: given === null ? [body.line] : [body.line, given],
    conversation: session.identity.conversation ?? null,
  };
}

/** The last command before a request; a recent one by which its client names itself is likelier. Pure. */
export function commandOf(
  commands: readonly Ran[],
  request: Requested,
): { command: Ran; basis: Basis } | null {
  const before = commands.filter(({ seq, allowed }) => seq < request.seq && allowed).slice(-RECENT);
  const claimed = claimedTerm(request.body.client)?.[1];
  const named = claimed === undefined ? undefined : before.findLast((ran) => runsKubectl(ran, claimed));
  const command = named ?? before.at(-1);
  return command === undefined ? null : { command, basis: named === undefined ? 'token' : 'named' };
}

/** Jobs in the background may outlive so many later commands. */
const RECENT = 16;

export function runsKubectl({ body }: Pick<Ran, 'body'>, verb: string): boolean {
  return body.commands.some(({ argv }) => kubectlTerm(argv)?.[1] === verb);
}
