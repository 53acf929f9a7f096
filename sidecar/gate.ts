/**
 * The one gate: identify → decide → ask → record → verdict.
 *
 * Law one: the decision is stored before anybody learns of it, so nothing runs whose decision is not evidence.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Approvals, Asking, Terms } from '../recorder/approvals/asking.ts';
import type { Decision } from '../recorder/audit/decision.ts';
import type { Draft, DraftBody } from '../recorder/audit/event.ts';
import type { Identity } from '../recorder/audit/identity.ts';
import type { Micros, SessionId } from '../recorder/audit/units.ts';
import { ChaperoneError } from '../recorder/errors.ts';
import type { Journal } from '../recorder/log/ports.ts';
import { type Action, type Held, summarise, type Verdict, writesOf } from './action.ts';
import { askingFor, digestOf, type Question } from './asking.ts';
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
  /** The same action with what it would do as things stand: told before a human is asked, and again before it goes on. */
  foresee?: () => Promise<Action>;
  /** The session that this one was opened by for a single command. */
  origin?: SessionId;
  /** An approval of something that could not be done: it still holds for the very same. */
  held?: Held | undefined;
  /** How the session begins: stored in front of the decision, in one append with it unless a human is asked first. */
  opening?: Draft;
}

/** How often a human is asked about one action: what it would do may be another each time that they say yes. */
const ROUNDS = 3;

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
    const { origin } = waiting;
    const asker = { session, ...(origin !== undefined && { origin }), identity };
    let opening = waiting.opening === undefined ? [] : [waiting.opening];
    const open = async () => {
      const drafts = opening;
      opening = [];
      if (drafts.length > 0) await this.#options.journal.append(session, drafts);
    };
    const judged = await this.#asked({ ...asker, action, decision }, waiting, open);
    return this.#record(session, judged, opening);
  }

  /**
   * Records that an action is refused whatever the policy says, because nobody could tell what it would do.
   * @throws ChaperoneError where it cannot be recorded
   */
  async refuse(session: SessionId, action: Action, refusal: { rule: string; reason: string }): Promise<void> {
    await this.#record(session, { action, decision: { effect: 'deny', ...refusal, unjudged: false } });
  }

  /**
   * What went on by an approval did not come to be: the next attempt at the very same needs no other one.
   * @param session the one it comes from in the end
   * @throws ChaperoneError where that cannot be recorded: then the next attempt is asked about
   */
  async giveBack(session: SessionId, { mark }: Held, reason: string): Promise<void> {
    await this.#options.approvals?.giveBack?.(mark.id, session, reason);
  }

  /** What was approved is what runs: where a file that it names, what it would do, or the policy is another by then, that counts. */
  async #asked(question: Asker & Judged, waiting: Waiting, open: () => Promise<void>): Promise<Judged> {
    const { approvals } = this.#options;
    if (approvals === undefined || this.#asking(question, { ...question, files: [] }) === null)
      return question;
    await open();
    let standing = await this.#standing(question, waiting);
    for (let left = ROUNDS; left > 0; left--) {
      const asking = this.#asking(question, standing);
      if (asking === null) return standing;
      const { held } = waiting;
      const mark = isFor(held, asking) ? held.mark : await approvals.ask(asking, waiting).catch(tooMany);
      if (mark === null) return standing;
      const { digest, terms } = asking;
      const approval = { digest, terms, mark };
      if (mark.state !== 'approved') return { ...standing, approval };
      const now = await this.#standing(question, waiting);
      if (now.decision.effect === 'deny') return { ...now, approval };
      if (isMoot(now.action)) return now;
      // What asks no more has no terms.
      const bound = now.decision.effect === 'ask' ? this.#terms(question, now) : terms;
      if (digestOf(now.action, now.files) === digest && isDeepStrictEqual(bound, terms))
        return { ...now, decision: standing.decision, approval };
      standing = now;
    }
    return { ...standing, decision: UNSTEADY };
  }

  /** The action, its files, and the decision on it, as things are now. */
  async #standing({ action: asked, identity }: Asker & Judged, waiting: Waiting): Promise<Standing> {
    const { policy, clock } = this.#options;
    const action = (await waiting.foresee?.()) ?? asked;
    const files = (await waiting.files?.()) ?? [];
    return { action, files, decision: policy().decide(action, identity, clock.now()) };
  }

  /** Null where nobody needs to be asked, or nobody may decide. */
  #asking(asker: Asker, standing: Standing): Asking | null {
    const { action, decision } = standing;
    if (decision.effect !== 'ask' || isMoot(action)) return null;
    const terms = this.#terms(asker, standing);
    const { session, origin, identity } = asker;
    const who = { session, ...(origin !== undefined && { origin }), identity };
    return terms === null ? null : askingFor({ ...who, ...standing, terms });
  }

  #terms({ identity }: Asker, { action }: Pick<Standing, 'action'>): Terms | null {
    const { policy, clock } = this.#options;
    return policy().approvalTerms?.(action, identity, clock.now()) ?? null;
  }

  async #record(session: SessionId, judged: Judged, before: readonly Draft[] = []): Promise<Verdict> {
    const { journal, clock } = this.#options;
    const { decision, approval } = judged;
    await journal.append(session, [...before, { at: clock.now(), body: evidenceOf(judged) }]);
    if (isAllowed(judged)) return { ok: true, decision, ...(approval && { held: approval }) };
    const asked = approval === undefined ? {} : { approval: approval.mark };
    return { ok: false, decision, ...asked, message: shellText(denialOf(decision, approval?.mark)) };
  }
}

/** Who asks. */
type Asker = Pick<Question, 'session' | 'origin' | 'identity'>;
/** What is asked about, as it stands. */
type Standing = Pick<Question, 'action' | 'decision' | 'files'>;

const UNSTEADY: Decision = {
  effect: 'deny',
  rule: 'builtin/unsteady',
  reason: 'what it would do was another each time that it was approved',
  unjudged: false,
};

function isFor(held: Held | undefined, { digest, terms }: Asking): held is Held {
  return held?.digest === digest && isDeepStrictEqual(held.terms, terms);
}

/** The server refuses it as it stands: nobody has to decide on it. */
function isMoot(action: Action): boolean {
  return action.kind !== 'tool' && action.moot === true;
}

/** There is no room for one more: it is refused, and nothing else ends. */
function tooMany(error: unknown): null {
  if (error instanceof ChaperoneError && error.code === 'BUSY') return null;
  throw error;
}

/** A decision on an action, and what became of it where a human was asked. */
interface Judged {
  action: Action;
  decision: Decision;
  approval?: Held;
}

function isAllowed({ decision, approval }: Judged): boolean {
  return decision.effect === 'allow' || (decision.effect === 'ask' && approval?.mark.state === 'approved');
}

/** How a decision stands in the log. */
function evidenceOf(judged: Judged): DraftBody {
  const { action, decision, approval } = judged;
  const allowed = isAllowed(judged);
  const asked = approval !== undefined && { approval: approval.mark };
  switch (action.kind) {
    case 'command': {
      const writes = action.context === undefined ? writesOf(action) : [];
      return {
        type: 'command.decided',
        line: action.line,
        ...(action.context === undefined ? {} : { context: action.context }),
        cwd: action.cwd,
        commands: action.commands.map(summarise),
        ...(writes.length > 0 && { writes }),
        unknown: action.unknown.map((part) => part.message),
        decision,
        allowed,
        ...asked,
      };
    }
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
      const { id, method, uri, request, dryRun, client, unknown, opens, repeats, body } = action;
      return {
        type: 'request.admitted',
        ...{ id, method, uri, request, dryRun, client, decision, allowed, ...asked },
        unknown: [...unknown],
        ...(opens !== undefined && allowed && { opens }),
        ...(repeats !== undefined && { repeats }),
        ...(body !== null && { body: body.summary, content: body.recorded }),
      };
    }
  }
}
