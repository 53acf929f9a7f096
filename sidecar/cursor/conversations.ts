/**
 * The sessions of Cursor's conversations: one for each, begun when its first hook comes and ended when Cursor says that
 * it ended, or when it is the one that was quiet for longest and there are too many.
 */
import { ulid } from 'ulid';
import type { Identity } from '../../recorder/audit/identity.ts';
import type { SessionId } from '../../recorder/audit/units.ts';
import type { Proven } from '../identity/signed-run.ts';
import { type Guard, SessionLog } from '../session/session-log.ts';
import type { Hook } from './hook.ts';

/** Open at once. */
const MOST = 256;

export interface ConversationsOptions {
  guard: Guard;
  /** Who runs Cursor here; the conversation and what proves it are the hook's. */
  identity: Identity;
  /** What is proven of who it works for; left out where nothing can be. */
  signed?: Signer | undefined;
}

/** Who the agent of this pod works for, as a signed token says. */
export interface Signer {
  current(): Proven | null;
  of(identity: Identity): Identity;
  /** Another turn may have begun. */
  ask(): void;
}

export interface Conversation {
  session: SessionId;
  log: SessionLog;
  /** What was proven when that was last recorded. */
  proven: string;
}

export class Conversations {
  readonly #options: ConversationsOptions;
  readonly #open = new Map<string, Promise<Conversation>>();

  constructor(options: ConversationsOptions) {
    this.#options = options;
  }

  /** @throws ChaperoneError of `Journal.append`, where its beginning cannot be recorded */
  async of(hook: Hook): Promise<Conversation> {
    const { conversation } = hook;
    const known = this.#open.get(conversation);
    this.#open.delete(conversation);
    const found = known ?? this.#begin(hook);
    this.#open.set(conversation, found);
    found.catch(() => this.#open.get(conversation) === found && this.#open.delete(conversation));
    const [oldest] = this.#open.keys();
    if (this.#open.size > MOST && oldest !== undefined) await this.end(oldest);
    return found;
  }

  /** What comes of it later begins a new session. */
  async end(conversation: string): Promise<void> {
    const found = this.#open.get(conversation);
    this.#open.delete(conversation);
    await (await found)?.log.end({ reason: 'exited', status: 0 });
  }

  async close(): Promise<void> {
    for (const conversation of [...this.#open.keys()]) await this.end(conversation).catch(() => undefined);
  }

  /** Who asks, as far as the hook tells, and a signature proves for whom. */
  identity({ conversation, generation }: Hook): Identity {
    const told: Identity = {
      ...this.#options.identity,
      ...(conversation !== '' && { conversation }),
      ...(generation !== '' && { generation }),
      proof: 'hook',
    };
    return this.#options.signed?.of(told) ?? told;
  }

  /** Records, before anything that comes after it, that it is proven now for whom this is, or for another run or turn. */
  async prove(conversation: Conversation, hook: Hook): Promise<void> {
    const proven = this.#options.signed?.current() ?? null;
    const key = keyOf(proven);
    if (proven === null || key === conversation.proven) return;
    const { generation: _, ...identity } = this.identity(hook);
    await conversation.log.append({ type: 'identity.proven', identity, until: proven.until });
    conversation.proven = key;
  }

  async #begin(hook: Hook): Promise<Conversation> {
    const { conversation, roots } = hook;
    const { generation: _, ...identity } = this.identity(hook);
    const session = ulid();
    const log = new SessionLog({
      ...{ guard: this.#options.guard, session },
      identity,
      cwd: roots[0] ?? '/',
      entrance: { kind: 'cursor', conversation, roots },
    });
    await log.start([]);
    return { session, log, proven: '' };
  }
}

function keyOf(proven: Proven | null): string {
  return proven === null ? '' : JSON.stringify([proven.run, proven.humans]);
}
