/** What a policy says that can only make something stricter: all that counts of one which may or may not apply. Pure. */
import type { RuleHead } from './schema/text.ts';
import type { AgentPolicy } from './schema.ts';

type Spec = AgentPolicy['spec'];

export function strictPart(policy: AgentPolicy): AgentPolicy {
  const { commands, api, exec, tools, defaults, masking, recording, approvals } = policy.spec;
  const spec: Spec = {
    commands: commands?.filter(refuses),
    api: api?.filter(refuses),
    exec: exec?.filter(refuses),
    tools: tools?.filter(refuses),
    defaults: Object.fromEntries(Object.entries(defaults ?? {}).filter(([, effect]) => effect !== 'allow')),
    masking: strictMasking(masking),
    approvals: { ...approvals, selfApproval: approvals?.selfApproval === false ? false : undefined },
    recording: { input: recording?.input },
  };
  return { ...policy, spec };
}

function refuses({ effect }: RuleHead): boolean {
  return effect !== 'allow';
}

function strictMasking(masking: Spec['masking']): Spec['masking'] {
  const secrets = Object.entries(masking?.secrets ?? {}).filter(([, masked]) => masked);
  return { ...masking, secrets: Object.fromEntries(secrets) };
}
