/** From what somebody writes to the action that the gate would judge: `git push`, `DELETE /api/v1/namespaces/x`. Pure. */
import { ChaperoneError } from '../../recorder/errors.ts';
import type { Action, CommandAction, KubeAction } from '../action.ts';
import { analyse, type Context } from '../command/analyse.ts';
import { wholeBody } from '../kube/proxy/ledger.ts';
import { classify } from '../request/classify.ts';
import { REFUSALS, Unfit } from '../request/refusal.ts';
import { understand } from '../request/understand.ts';

export interface Setting extends Context {
  /** The guarded shell that would run it. */
  shell?: CommandAction['shell'];
  /** It is a command, whatever it looks like. */
  verbatim?: true;
  /** Of a request. */
  body?: { bytes: Uint8Array; type: string };
}

/** A method and a path; anything else is a command. */
export const REQUEST = /^(GET|HEAD|POST|PUT|PATCH|DELETE)\s+(\/\S*)$/;

/** @throws ChaperoneError `USAGE` for a request that would be refused before any policy is asked */
export function readAction(text: string, setting: Setting): Action {
  const { shell, body, verbatim } = setting;
  const [, method, target] = (verbatim ? null : REQUEST.exec(text.trim())) ?? [];
  if (method !== undefined && target !== undefined) return readRequest(method, target, body);
  return { ...analyse(text, setting), ...(shell !== undefined && { shell }) };
}

/** Of nobody: it is asked of a policy only. */
const NO_ID = '00000000-0000-0000-0000-000000000000';

function readRequest(method: string, target: string, sent: Setting['body']): KubeAction {
  const bytes = sent?.bytes ?? new Uint8Array();
  const headers = sent === undefined ? [] : ['Content-Type', sent.type, 'Content-Length', `${bytes.length}`];
  try {
    const { body, ...action } = understand(classify(method, target, headers), bytes);
    if (body === null) return { ...action, id: NO_ID, body };
    const { type, object, forward: recorded } = body;
    const { summary } = wholeBody({ stored: bytes, sent: bytes.length, masked: false }, type, bytes.length);
    return { ...action, id: NO_ID, body: { summary, type, object, exact: recorded, recorded } };
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    const { code, message } = error.refusal;
    const status = REFUSALS[code].status;
    throw new ChaperoneError('USAGE', `refused with ${status} before any policy is asked: ${message}`);
  }
}
