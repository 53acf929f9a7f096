/** A gate over the real analysis and the real decision, with policies that are written as people write them. */
import type { CommandAction, Verdict } from '../../../../../sidecar/action.ts';
import { analyseArgv } from '../../../../../sidecar/command/analyse.ts';
import { denialOf, shellText } from '../../../../../sidecar/denial.ts';
import { ScriptGate } from '../../../../../sidecar/kube/remote/script/gate.ts';
import { parsePolicies } from '../../../../../sidecar/policy/parse.ts';
import { LoadedPolicy } from '../../../../../sidecar/policy/policy-file.ts';

export function policy(unknown: 'allow' | 'deny', denied = 'forbidden'): LoadedPolicy {
  const text = `
apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: test }
spec:
  defaults: { commands: allow, unknown: ${unknown} }
  commands:
    - { name: no, match: { program: [${denied}] }, effect: deny, reason: not that }
    - { name: etc, match: { deletes: ['/etc/**'] }, effect: deny, reason: not there }
`;
  return new LoadedPolicy(parsePolicies(text, 'test'));
}

export interface Judged {
  gate: ScriptGate;
  actions: CommandAction[];
}

export function scriptGate(loaded: LoadedPolicy, argv: readonly string[] | null = ['bash']): Judged {
  const actions: CommandAction[] = [];
  const judge = async (action: CommandAction): Promise<Verdict> => {
    actions.push(action);
    const decision = loaded.decide(action, { user: 'agent', groups: [], proof: 'claimed' });
    return decision.effect === 'allow'
      ? { ok: true, decision }
      : { ok: false, decision, message: shellText(denialOf(decision)) };
  };
  return {
    gate: new ScriptGate({
      judge,
      context: { cwd: '/' },
      after: argv && analyseArgv(argv, { cwd: '/', input: 'judged' }),
    }),
    actions,
  };
}

/** What passes of `script` when it comes in these pieces and then ends, and what is said. */
export async function passing(
  loaded: LoadedPolicy,
  pieces: Iterable<Buffer>,
  argv?: readonly string[] | null,
) {
  const { gate, actions } = scriptGate(loaded, argv);
  const passed: Uint8Array[] = [];
  for (const piece of pieces) {
    const { pass, refused } = await gate.write(piece);
    passed.push(pass);
    if (refused !== undefined) return { passed: Buffer.concat(passed), refused, actions };
  }
  const { pass, refused } = await gate.end();
  passed.push(pass);
  return { passed: Buffer.concat(passed), refused, actions };
}
