/**
 * The entrance for Cursor's hooks:
 *
 *     bytes ──▶ Hook ──▶ recorded ──▶ Question ──▶ the gate ──▶ Answer
 *                                └──▶ nothing to ask ─────────────▲
 */
import type { SessionId } from '../../recorder/audit/units.ts';
import { type Answer, answerTo, failed } from './answer.ts';
import { Conversations, type ConversationsOptions } from './conversations.ts';
import { type Hook, readHook } from './hook.ts';
import { Joined } from './joined.ts';
import { keptOf, MOST_KEPT } from './kept.ts';
import { editedIn, questionOf, type Reading } from './question.ts';

export interface CursorHooksOptions extends ConversationsOptions, Reading {
  /** Whether the policy keeps what the model thinks. */
  recordsThoughts: () => boolean;
  /** Told of what nobody expected. */
  report: (error: unknown) => void;
}

/** What came was no hook's: it is recorded as it is. */
const UNREADABLE: Hook = {
  ...{ event: '', conversation: '', generation: '', model: '', email: null },
  ...{ roots: [], members: {} },
};

export class CursorHooks {
  readonly #options: CursorHooksOptions;
  readonly #conversations: Conversations;
  readonly #joined: Joined;

  constructor(options: CursorHooksOptions) {
    this.#options = options;
    this.#conversations = new Conversations(options);
    this.#joined = new Joined(() => options.guard.clock.now());
  }

  /**
   * Never rejects: what goes wrong is denied.
   * @param bytes the JSON that Cursor gives to its hook
   * @param signal aborts when the hook is gone: then nobody is asked on its behalf any more
   */
  async answer(bytes: Uint8Array, signal: AbortSignal): Promise<Answer> {
    try {
      const hook = readHook(bytes);
      if (hook === null) {
        const cut = bytes.length > MOST_KEPT ? [`all behind the first ${MOST_KEPT} bytes`] : [];
        await this.#record(UNREADABLE, { content: bytes.subarray(0, MOST_KEPT), withheld: cut });
        return failed('what the hook was given is no JSON object');
      }
      return await this.#answer(hook, signal);
    } catch (error) {
      this.#options.report(error);
      return failed('the hook cannot be recorded, so what it asks for does not happen');
    }
  }

  close(): Promise<void> {
    return this.#conversations.close();
  }

  async #answer(hook: Hook, signal: AbortSignal): Promise<Answer> {
    const session = await this.#record(hook, keptOf(hook, this.#options.recordsThoughts()));
    if (hook.event === 'sessionEnd') await this.#conversations.end(hook.conversation);
    const question = questionOf(hook, this.#options);
    if (question === null) return answerTo(hook, null);
    const { conversation, generation, event } = hook;
    const key = JSON.stringify([conversation, generation, question.key]);
    const identity = this.#conversations.identity(hook);
    const { gate } = this.#options.guard;
    const judge = () => gate.judge(session, identity, question.action, { signal });
    return answerTo(hook, await this.#joined.verdict(key, event, judge));
  }

  async #record(
    hook: Hook,
    { content, withheld }: { content: Uint8Array; withheld: string[] },
  ): Promise<SessionId> {
    const { event, conversation, generation, model, email } = hook;
    const path = editedIn(hook);
    const conversing = await this.#conversations.of(hook);
    const { session, log } = conversing;
    if (event === 'beforeSubmitPrompt') this.#options.signed?.ask();
    await this.#conversations.prove(conversing, hook);
    await log.append({
      ...{ type: 'hook.received', hook: event, conversation, generation, model, content },
      ...(email !== null && { email }),
      ...(path !== null && { path }),
      ...(withheld.length > 0 && { withheld }),
    });
    return session;
  }
}
