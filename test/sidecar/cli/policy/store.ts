/** A real store with decisions that a real gate recorded. */
import type { Identity } from '../../../../recorder/audit/identity.ts';
import { AuditLog } from '../../../../recorder/log/audit-log.ts';
import type { Action, CommandAction, KubeAction } from '../../../../sidecar/action.ts';
import { analyse } from '../../../../sidecar/command/analyse.ts';
import { Gate } from '../../../../sidecar/gate.ts';
import { LoadedPolicy } from '../../../../sidecar/policy/policy-file.ts';
import { readAction } from '../../../../sidecar/policy/read-action.ts';
import { type AgentPolicy, policySchema } from '../../../../sidecar/policy/schema.ts';
import { end, newData, sessionId, start } from '../../../recorder/log/sample.ts';

export const HOME = '/home/agent';
const CWD = '/srv';

export function policy(name: string, spec: object): AgentPolicy {
  return policySchema.parse({
    apiVersion: 'chaperone.dev/v1alpha1',
    kind: 'AgentPolicy',
    metadata: { name },
    spec,
  });
}

export function rule(name: string, effect: string, match: object): object {
  return { name, effect, match, reason: `${name}.` };
}

export const loaded = (...policies: AgentPolicy[]) => new LoadedPolicy(policies);

/** What a policy of its own decides, recorded one after the other. */
export class Recording {
  readonly log: AuditLog;
  readonly data: string;
  readonly #identity: Identity = { user: 'agent', groups: ['dev'], proof: 'claimed' };
  readonly #gate: Gate;
  #sessions = 0;
  #now = 1_700_000_000_000_000;
  #requests = 0;

  private constructor(log: AuditLog, data: string, inForce: LoadedPolicy) {
    this.log = log;
    this.data = data;
    const clock = { now: () => this.#now++ };
    this.#gate = new Gate({ journal: log, clock, policy: () => inForce } as ConstructorParameters<
      typeof Gate
    >[0]);
  }

  static async open(inForce: LoadedPolicy): Promise<Recording> {
    const data = newData();
    return new Recording(await AuditLog.open({ data }), data, inForce);
  }

  /** A session with these actions; its id. */
  async session(...actions: Action[]): Promise<string> {
    const id = sessionId(this.#sessions++);
    await this.log.append(id, [start()]);
    for (const action of actions) await this.#gate.judge(id, this.#identity, action);
    await this.log.append(id, [end()]);
    return id;
  }

  /** One that was refused before any policy was asked. */
  async refusal(action: Action): Promise<void> {
    const id = sessionId(this.#sessions++);
    await this.log.append(id, [start()]);
    await this.#gate.refuse(id, action, { rule: 'builtin/unfit-path-shape', reason: 'It is none.' });
  }

  request(method: string, target: string, object?: object): KubeAction {
    const body = { bytes: Buffer.from(JSON.stringify(object ?? null)), type: 'application/json' };
    const setting = { cwd: '/', ...(object !== undefined && { body }) };
    const id = `00000000-0000-4000-8000-${String(++this.#requests).padStart(12, '0')}`;
    return { ...(readAction(`${method} ${target}`, setting) as KubeAction), id };
  }
}

export function command(line: string, more: Partial<CommandAction> = {}): CommandAction {
  return { ...analyse(line, { cwd: CWD, home: HOME }), ...more };
}
