/**
 * The one gate: identify → decide → ask → record → verdict.
 *
 * Law one: the decision is stored before anybody learns of it, so nothing runs whose decision is not evidence.
 */
import type { Decision, DraftBody, Identity, Micros, SessionId } from '../recorder/audit/event.ts';
import type { Journal } from '../recorder/log/ports.ts';
import { type Action, summarise, type Verdict } from './action.ts';
import type { Clock } from './clock.ts';
import { denialOf, shellText } from './policy/denial.ts';

/** The policy in force, as the gate sees it: a pure function that may be replaced between two calls. */
export interface PolicyInForce {
  readonly digest: string;
  decide(action: Action, identity: Identity, now: Micros): Decision;
}

export interface GateOptions {
  journal: Journal;
  clock: Clock;
  /** Asked at every judgement, so that a changed policy file takes effect without a restart. */
  policy: () => PolicyInForce;
}

export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** @throws ChaperoneError where the decision cannot be recorded: then the action must not happen. */
  async judge(session: SessionId, identity: Identity, action: Action): Promise<Verdict> {
    const { journal, clock, policy } = this.#options;
    const decision = policy().decide(action, identity, clock.now());
    const allowed = decision.effect === 'allow';
    await journal.append(session, [{ at: clock.now(), body: evidenceOf(action, decision) }]);
    return allowed ? { ok: true, decision } : { ok: false, decision, message: shellText(denialOf(decision)) };
  }

  /**
   * Records that an action is refused whatever the policy says, because nobody could tell what it would do.
   * @throws ChaperoneError where it cannot be recorded
   */
  async refuse(session: SessionId, action: Action, refusal: { rule: string; reason: string }): Promise<void> {
    const { journal, clock } = this.#options;
    const decision: Decision = { effect: 'deny', ...refusal, unjudged: false };
    await journal.append(session, [{ at: clock.now(), body: evidenceOf(action, decision) }]);
  }
}

/** How a decision stands in the log. */
function evidenceOf(action: Action, decision: Decision): DraftBody {
  const allowed = decision.effect === 'allow';
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
      };
    case 'tool': {
      const { use, tool, server, path, cwd, unknown, recorded } = action;
      return {
        type: 'tool.decided',
        ...{ use, tool, server, path, cwd, decision, allowed },
        unknown: [...unknown],
        ...(recorded.length > 0 && { content: recorded }),
      };
    }
    case 'request': {
      const { id, method, uri, request, dryRun, client, unknown, opens, body } = action;
      return {
        type: 'request.admitted',
        ...{ id, method, uri, request, dryRun, client, decision, allowed },
        unknown: [...unknown],
        ...(opens !== undefined && allowed && { opens }),
        ...(body !== null && { body: body.summary, content: body.recorded }),
      };
    }
  }
}
