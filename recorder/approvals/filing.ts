/** From what is asked to the request that stands on the desk. Pure, but for the name it is given. */
import { createHmac } from 'node:crypto';
import type { AskedFor } from '../audit/approval.ts';
import { canonicalBytes } from '../audit/canonical.ts';
import type { Micros } from '../audit/units.ts';
import { LONGEST, type Request } from './approval.ts';
import type { Asking, Terms } from './asking.ts';
import { quorumFor } from './voters.ts';

/**
 * What an answer is bound to: the exact action, and with it all that whoever decides is shown of it and on which terms.
 * Otherwise somebody who may ask could have a harmless text approved under the digest of something else, or on easier
 * terms than the policy's.
 * @param key keeps the digest of an action that holds a secret from being guessed
 */
export function bindingOf(
  { digest, requester, asked, rule, reason, terms }: Asking,
  key: Uint8Array,
): string {
  const { generation: _, ...who } = requester;
  const what = { asked: comparable(asked), rule, reason, terms: boundedTerms(terms) };
  const bound = { digest, who, ...what };
  return createHmac('sha256', key).update(canonicalBytes(bound)).digest('hex');
}

/** A remote command is one over WebSocket (GET) and over SPDY (POST): kubectl tries the one and then the other. */
function comparable(asked: AskedFor): AskedFor {
  if (asked.kind !== 'request' || !/^(exec|attach|portforward)$/.test(asked.request.subresource))
    return asked;
  return { ...asked, method: '', request: { ...asked.request, verb: '' } };
}

function boundedTerms({ timeout, validity, ...terms }: Terms): Terms {
  return { ...terms, timeout: Math.min(timeout, LONGEST), validity: Math.min(validity, LONGEST) };
}

export interface Filed {
  /** See `quorumFor`. */
  issuer: string | null;
  id: string;
  at: Micros;
  /** See `bindingOf`. */
  digest: string;
}

export function requestOf(asking: Asking, { id, at, digest, issuer }: Filed): Omit<Request, 'content'> {
  const { session, origin, requester, asked, rule, reason, body } = asking;
  const { timeout, ...terms } = boundedTerms(asking.terms);
  return {
    type: 'approval.requested',
    ...{ id, session, ...(origin !== undefined && { origin }), requester, asked, digest, rule, reason },
    terms: { ...terms, ...quorumFor(terms, requester, issuer), until: at + timeout },
    ...(body?.summary !== undefined && { body: body.summary }),
  };
}
