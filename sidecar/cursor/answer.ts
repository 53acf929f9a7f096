/**
 * What a hook answers Cursor. Pure. Exit status 0: the JSON on standard output counts; 2: denied, whatever the event.
 * `ask` is never said: where it is not enforced the command would run. https://cursor.com/docs/agent/hooks
 */

import type { Verdict } from '../action.ts';
import { denialOf, sentenceOf, agentMessage as toAgent } from '../denial.ts';
import { HOOK_EVENTS, type Hook } from './hook.ts';

export interface Answer {
  status: 0 | 2;
  stdout: string;
  /** For whoever looks at Cursor's output channel; Cursor shows it where the status is 2. */
  stderr: string;
}

/** @param verdict null where nothing was asked */
export function answerTo({ event }: Pick<Hook, 'event'>, verdict: Verdict | null): Answer {
  if (verdict !== null && !verdict.ok) {
    const denial = denialOf(verdict.decision, verdict.approval);
    return said({
      permission: 'deny',
      user_message: sentenceOf(denial),
      agent_message: toAgent(denial),
    });
  }
  switch (Object.hasOwn(HOOK_EVENTS, event) ? HOOK_EVENTS[event as keyof typeof HOOK_EVENTS] : 'nothing') {
    case 'permission':
      return said({ permission: 'allow' });
    case 'continue':
      return said({ continue: true });
    case 'nothing':
      return said({});
  }
}

/** What cannot be recorded does not happen. */
export function failed(why: string): Answer {
  return { status: 2, stdout: '', stderr: `chaperone: ${why}\n` };
}

function said(answer: object): Answer {
  return { status: 0, stdout: `${JSON.stringify(answer)}\n`, stderr: '' };
}
