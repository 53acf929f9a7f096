/**
 * A refusal in words: for a person, and for the agent that reads it and is to do better. Every entrance says it with
 * what is built here. Pure.
 */
import { escapeUnprintable } from '../recorder/asciicast/json.ts';
import type { ApprovalMark, Decision } from '../recorder/audit/decision.ts';
import { approvalText } from '../recorder/export/labels.ts';

/**
 * What a program reads of a refusal. Stable: members are added, and none changes its meaning.
 *
 *     chaperone-decision: {"effect":"deny","rule":"baseline/no-format","reason":"…","next":"…"}
 */
export interface Denial {
  /** `ask`: a person would have had to say yes. */
  effect: 'deny' | 'ask';
  /** `policy/rule`, `builtin/…`, or `default/…` where no rule matches. */
  rule: string;
  reason: string;
  /** What the rule says is allowed in its place. */
  instead?: string;
  /** What became of the question, where a person was asked. */
  approval?: ApprovalMark;
  /** How to go on. */
  next: string;
}

/** @param approval what became of the question, where a person was asked */
export function denialOf({ effect, rule, reason, instead }: Decision, approval?: ApprovalMark): Denial {
  return {
    effect: effect === 'ask' ? 'ask' : 'deny',
    ...{ rule, reason },
    ...(instead !== undefined && { instead }),
    ...(approval !== undefined && { approval }),
    next: effect === 'ask' && approval ? afterAsking(approval) : nextStep(rule, instead !== undefined),
  };
}

function afterAsking({ state }: ApprovalMark): string {
  switch (state) {
    case 'approved':
    case 'denied':
    case 'cancelled':
      return 'do not try again: a person has decided';
    case 'expired':
      return 'ask a person to look at the approvals, then try exactly the same again';
    case 'abandoned':
      return 'wait longer: exactly the same again joins what still waits for a person';
  }
}

/** The same answer comes back to the same question: to say so keeps an agent from trying for ever. */
function nextStep(rule: string, otherwise: boolean): string {
  const again = 'do not try again, the answer will be the same';
  const rather = otherwise ? ': do what is allowed instead, or' : ':';
  return `${again}${rather} ${whoDecides(rule)}`;
}

function whoDecides(rule: string): string {
  const [source, name] = rule.split('/', 2);
  if (source === 'builtin') return 'no policy can allow this, so ask a person to do it outside of the guard';
  if (source !== 'default') return `ask a person, who decides by ${rule} in the policy what is allowed`;
  return name === 'unknown'
    ? 'write it so that its words tell what it does, or ask a person, who decides in the policy what is allowed'
    : 'no rule allows it, so ask a person, who decides in the policy what is allowed';
}

/** One sentence or two, without an end of line. */
export function sentenceOf({ effect, rule, reason, approval }: Denial): string {
  if (effect === 'deny') return `chaperone: refused by ${rule}: ${reason}`;
  const became =
    approval === undefined
      ? 'nobody can be asked here, so it is refused'
      : escapeUnprintable(becameOf(approval));
  return `chaperone: ${rule} asks for a person's approval: ${became}. ${reason}`;
}

function becameOf(approval: ApprovalMark): string {
  switch (approval.state) {
    case 'approved':
    case 'denied':
    case 'cancelled':
      return approvalText(approval);
    case 'expired':
      return 'nobody decided in time, so it is refused';
    case 'abandoned':
      return 'given up before anybody decided';
  }
}

/** What a shell says: a line, and a second one where there is something to do instead. */
export function shellText(denial: Denial): string {
  const { instead } = denial;
  return instead === undefined ? sentenceOf(denial) : `${sentenceOf(denial)}\nchaperone: instead: ${instead}`;
}

/** The line for programs that read what a shell says. */
export function decisionLine(denial: Denial): string {
  return `chaperone-decision: ${escapeUnprintable(JSON.stringify(denial))}`;
}

/** The whole of it in prose, for an agent that reads nothing else. */
export function agentMessage(denial: Denial): string {
  const { instead, next } = denial;
  const rather = instead === undefined ? '' : ` Allowed instead: ${instead.replace(/\.$/, '')}.`;
  return `${sentenceOf(denial)}${rather} How to go on: ${next}.`;
}
