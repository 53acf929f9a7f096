/** A policy held against its cases, pure: scripts have been read. */
import type { Decision } from '../../recorder/audit/decision.ts';
import type { Identity } from '../../recorder/audit/identity.ts';
import type { Explanation } from '../../recorder/server/explanation.ts';
import type { Action } from '../action.ts';
import type { LoadedPolicy } from './policy-file.ts';
import { readAction } from './read-action.ts';
import type { Expected, TestCase, TestIdentity } from './test-file.ts';

export interface Outcome {
  case: TestCase;
  ok: boolean;
  decision: Decision;
  /** What is otherwise than expected. */
  differences: Difference[];
  /** Where it failed: why it was decided so. */
  explanation?: Explanation;
}

export interface Difference {
  what: 'effect' | 'rule' | 'unjudged';
  expected: string;
  got: string;
}

/**
 * @param script the text of the case's script, where it has one
 * @throws ChaperoneError `USAGE` for a request that would be refused before any policy is asked
 */
export function runCase(policy: LoadedPolicy, one: TestCase, script?: string): Outcome {
  const action = actionOf(one, script);
  const identity = identityOf(one.identity);
  const now = one.at === undefined ? undefined : Date.parse(one.at) * 1000;
  const decision = policy.decide(action, identity, now);
  const differences = differencesOf(one.expect, decision);
  const ok = differences.length === 0;
  return {
    ...{ case: one, ok, decision, differences },
    ...(!ok && { explanation: policy.explain(action, identity, now) }),
  };
}

function actionOf({ command, request, body, cwd = '/', home }: TestCase, script?: string): Action {
  const setting = { cwd, ...(home !== undefined && { home }) };
  if (request === undefined) return readAction(script ?? command ?? '', { ...setting, verbatim: true });
  const sent =
    body === undefined
      ? {}
      : { body: { bytes: Buffer.from(JSON.stringify(body)), type: mediaType(request) } };
  return readAction(request, { ...setting, ...sent });
}

/** What `kubectl patch` sends by itself. */
function mediaType(request: string): string {
  return request.startsWith('PATCH') ? 'application/strategic-merge-patch+json' : 'application/json';
}

function identityOf({ user = 'agent', groups = [], pod }: TestIdentity): Identity {
  if (pod === undefined) return { user, groups, proof: 'claimed' };
  const { namespace, name = '', serviceAccount = 'default', labels } = pod;
  return {
    ...{ user, groups, proof: 'signed' },
    pod: { namespace, name, uid: '', serviceAccount, ...(labels !== undefined && { labels }) },
  };
}

function differencesOf(expected: Expected, decision: Decision): Difference[] {
  return (['effect', 'rule', 'unjudged'] as const).flatMap((what) => {
    const wanted = expected[what];
    if (wanted === undefined || wanted === decision[what]) return [];
    return [{ what, expected: String(wanted), got: String(decision[what]) }];
  });
}
