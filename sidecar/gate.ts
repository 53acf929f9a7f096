/**
 * The one gate: identify → decide → ask → record → verdict.
 *
 * Law one: the decision is stored before anybody learns of it, so nothing runs whose decision is not evidence.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Approvals, Terms } from '../recorder/approvals/asking.ts';
import type {
  ApprovalMark,
  Decision,
  DraftBody,
  Identity,
  Micros,
  SessionId,
} from '../recorder/audit/event.ts';
import { ChaperoneError } from '../recorder/errors.ts';
import type { Journal } from '../recorder/log/ports.ts';
import { type Action, summarise, type Verdict } from './action.ts';
import { askingFor, type Question } from './asking.ts';
import type { Clock } from './clock.ts';
import { denialOf, shellText } from './denial.ts';

/** The policy in force, as the gate sees it: a pure function that may be replaced between two calls. */
export interface PolicyInForce {
  readonly digest: string;
  decide(action: Action, identity: Identity, now: Micros): Decision;
  /** On which terms a human is asked; null where nobody may decide. */
  approvalTerms?(action: Action, identity: Identity, now: Micros): Terms | null;
}

export interface GateOptions {
  journal: Journal;
  clock: Clock;
  /** Asked at every judgement, so that a changed policy file takes effect without a restart. */
  policy: () => PolicyInForce;
  /** Where humans are asked; where it is left out, what should be asked is refused. */
  approvals?: Approvals;
}

/** What happens where a human is asked. */
export interface Waiting {
  /** The asker is gone: what they asked for does not happen. */
  signal?: AbortSignal;
  /** Called when it begins to wait, with the id of the request. */
  waiting?: (id: string) => void;
  /** Digests of the files that the action names, as they are now. */
  files?: () => Promise<readonly string[]>;
}

export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /**
   * Where the policy asks a human, it resolves when they have decided, or nobody has in time.
   * @throws ChaperoneError where the decision cannot be recorded: then the action must not happen.
   */
  async judge(
    session: SessionId,
    identity: Identity,
    action: Action,
    waiting: Waiting = {},
  ): Promise<Verdict> {
    const { policy, clock } = this.#options;
    const decision = policy().decide(action, identity, clock.now());
    const found = await this.#asked({ session, identity, action, decision }, waiting);
    return this.#record(session, action, found);
  }

  /**
   * Records that an action is refused whatever the policy says, because nobody could tell what it would do.
   * @throws ChaperoneError where it cannot be recorded
   */
  async refuse(session: SessionId, action: Action, refusal: { rule: string; reason: string }): Promise<void> {
    await this.#record(session, action, { decision: { effect: 'deny', ...refusal, unjudged: false } });
  }

  /** What was approved is what runs: where a file that it names, or the policy, is another one by then, that counts. */
  async #asked(question: Omit<Question, 'terms' | 'files'>, waiting: Waiting): Promise<Judged> {
    const { approvals, policy, clock } = this.#options;
    const { identity, action, decision } = question;
    if (decision.effect !== 'ask' || approvals === undefined) return { decision };
    for (;;) {
      const terms = policy().approvalTerms?.(action, identity, clock.now()) ?? null;
      if (terms === null) return { decision };
      const files = (await waiting.files?.()) ?? [];
      const asking = askingFor({ ...question, terms, files });
      if (asking === null) return { decision };
      const approval = await approvals.ask(asking, waiting).catch(tooMany);
      if (approval === null) return { decision };
      if (approval.state !== 'approved') return { decision, approval };
      const now = policy().decide(action, identity, clock.now());
      if (now.effect === 'deny') return { decision: now, approval };
      const asks = policy().approvalTerms?.(action, identity, clock.now()) ?? null;
      const isBound = now.effect !== 'ask' || isDeepStrictEqual(asks, terms);
      if (isBound && same(files, (await waiting.files?.()) ?? [])) return { decision, approval };
    }
  }

  async #record(session: SessionId, action: Action, judged: Judged): Promise<Verdict> {
    const { journal, clock } = this.#options;
    const { decision, approval } = judged;
    await journal.append(session, [{ at: clock.now(), body: evidenceOf(action, judged) }]);
    if (isAllowed(judged)) return { ok: true, decision };
    const asked = approval === undefined ? {} : { approval };
    return { ok: false, decision, ...asked, message: shellText(denialOf(decision, approval)) };
  }
}

/** There is no room for one more: it is refused, and nothing else ends. */
function tooMany(error: unknown): null {
  if (error instanceof ChaperoneError && error.code === 'BUSY') return null;
  throw error;
}

/** A decision, and what became of it where a human was asked. */
interface Judged {
  decision: Decision;
  approval?: ApprovalMark;
}

function isAllowed({ decision, approval }: Judged): boolean {
  return decision.effect === 'allow' || (decision.effect === 'ask' && approval?.state === 'approved');
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, place) => one === b[place]);
}

/** How a decision stands in the log. */
function evidenceOf(action: Action, judged: Judged): DraftBody {
  const { decision, approval } = judged;
  const allowed = isAllowed(judged);
  const asked = approval !== undefined && { approval };
  switch (action.kind) {
    case 'command':
      return {
        type: 'command.decided',
        line: action.line,
        ...(action.context === undefined ? {} : { context: action.context }),
        cwd: action.cwd,
        commands: action.commands.map(summarise),
        unknown: action.unknown.map((part) => part.message),
        decision,
        allowed,
        ...asked,
      };
    case 'tool': {
      const { use, tool, server, path, cwd, unknown, recorded } = action;
      return {
        type: 'tool.decided',
        ...{ use, tool, server, path, cwd, decision, allowed, ...asked },
        unknown: [...unknown],
        ...(recorded.length > 0 && { content: recorded }),
      };
    }
    case 'request': {
      const { id, method, uri, request, dryRun, client, unknown, opens, body } = action;
      return {
        type: 'request.admitted',
        ...{ id, method, uri, request, dryRun, client, decision, allowed, ...asked },
        unknown: [...unknown],
        ...(opens !== undefined && allowed && { opens }),
        ...(body !== null && { body: body.summary, content: body.recorded }),
      };
    }
  }
}
