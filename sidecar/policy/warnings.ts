/** What is valid in a policy, and does not do yet, or cannot do, what its author may expect. Pure. */
import { strictest } from './approval-terms.ts';
import { type AgentPolicy, rulesOf } from './schema.ts';

export interface Warning {
  /** Index of the policy, and where in it. */
  policy: number;
  path: readonly PropertyKey[];
  message: string;
}

export function warningsOf(policies: readonly AgentPolicy[]): Warning[] {
  return [
    ...policies.flatMap((policy, index) =>
      warnings(policy).map(([path, message]) => ({ policy: index, path: ['spec', ...path], message })),
    ),
    ...unanswerable(policies),
  ];
}

type Said = [path: readonly PropertyKey[], message: string];

const ALONE = 'on one machine one person decides: a larger quorum is never reached';

function warnings(policy: AgentPolicy): Said[] {
  const { approvals, recording, subjects = [] } = policy.spec;
  const said: Said[] = [];
  if ((approvals?.quorum ?? 1) > 1) said.push([['approvals', 'quorum'], ALONE]);
  if (recording?.onRecorderFailure === 'continue')
    said.push([
      ['recording', 'onRecorderFailure'],
      'only shells behind the launcher go on unrecorded: nothing else happens that cannot be recorded',
    ]);
  subjects.forEach(({ podLabels }, place) => {
    if (podLabels === undefined) return;
    const path = ['subjects', place, 'podLabels'];
    said.push([path, 'labels of pods are not known yet: what is strict in the policy holds for every pod']);
  });
  for (const { rule, path } of rulesOf(policy)) {
    if ((rule.approvals?.quorum ?? 1) > 1) said.push([[...path, 'approvals', 'quorum'], ALONE]);
  }
  return said;
}

/** Where policies apply together, somebody has to be in a group of each. */
function unanswerable(policies: readonly AgentPolicy[]): Warning[] {
  const stated = policies.map(({ spec }) => spec.approvals ?? {});
  const last = stated.findLastIndex(({ groups }) => groups !== undefined);
  if (last < 0 || strictest(stated) !== null) return [];
  const message = 'no group is named by all policies: where they apply together nobody can approve';
  return [{ policy: last, path: ['spec', 'approvals', 'groups'], message }];
}
