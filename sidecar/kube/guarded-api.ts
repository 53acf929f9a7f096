/** What stands behind every listener: the gate, the masks, and the way to the API server. */
import type { Approvals } from '../../recorder/approvals/asking.ts';
import type { Identity } from '../../recorder/audit/identity.ts';
import type { Endable } from '../../recorder/log/endings.ts';
import type { Journal } from '../../recorder/log/ports.ts';
import type { Json, KubeAction } from '../action.ts';
import type { Clock } from '../clock.ts';
import { Gate, type PolicyInForce } from '../gate.ts';
import type { Masking } from '../mask/rules.ts';
import type { Vault } from '../mask/vault.ts';
import { isWrite, probe } from '../request/probe.ts';
import { dependsOnScale } from '../request/scale/probe.ts';
import { UpstreamProbe } from '../request/trial/upstream.ts';
import type { Door } from './credentials/bearers.ts';
import { RequestMasking } from './proxy/masking.ts';
import { ApiProxy, type ProxyOptions } from './proxy/proxy.ts';
import type { UpgradeHandler } from './proxy/upgrade.ts';
import type { Upstream } from './upstream/upstream.ts';

/** What the proxy asks of the policy in force. */
export interface ProxyPolicy extends PolicyInForce {
  /** The most bytes that are kept of a request's body, and of an answer's. */
  keptBytes(identity: Identity): number;
  /** What is masked of what passes for somebody. */
  masking(identity: Identity): Masking;
  /** Whether a rule asks for objects of a write that only the API server has. */
  asksForObjects?(action: KubeAction, identity: Identity): boolean;
}

export interface GuardOptions {
  journal: Journal;
  clock: Clock;
  policy: () => ProxyPolicy;
  /** Values that are masked wherever they turn up; what passes here joins them. */
  vault: Vault;
  /** Where humans are asked. */
  approvals?: Approvals;
  upgrades?: (parts: { upstream: Upstream; gate: Gate; journal: Journal }) => UpgradeHandler;
  /** Where sessions hear that they are to end. */
  endings?: Endable;
  report(error: unknown): void;
}

/** @param options with a journal that masks */
export function guardedApi(options: GuardOptions, upstream: Upstream, bearers: Door): ApiProxy {
  const { journal, clock, policy, vault, approvals, upgrades, report } = options;
  const gate = new Gate({ journal, clock, policy, ...(approvals && { approvals }) });
  const recording: ProxyOptions['recording'] = (who, request) => ({
    masking: new RequestMasking(vault, policy().masking(who), request),
    keep: policy().keptBytes(who),
  });
  return new ApiProxy({
    ports: { upstream, journal, clock },
    ...{ gate, bearers, report, vault, recording },
    probe: probing({ upstream, policy, clock, recording }),
    upgrades: upgrades?.({ upstream, gate, journal }) ?? null,
  });
}

interface Probing extends Pick<ProxyOptions, 'recording'> {
  upstream: Upstream;
  policy: () => ProxyPolicy;
  clock: Clock;
}

function probing({ upstream, policy, clock, recording }: Probing): ProxyOptions['probe'] {
  return async ({ action, forward }, { identity, as }, foresee) => {
    if (!isWrite(action)) return null;
    const inForce = policy();
    const scale = dependsOnScale(action, (one) => inForce.decide(one, identity, clock.now()));
    const objects = inForce.asksForObjects?.(action, identity) ?? false;
    if (!scale && !objects && foresee === null) return null;
    const { masking, keep } = recording(identity, action.request);
    const effect = foresee && { ...foresee, showing: { text: (object: Json) => masking.text(object), keep } };
    return probe({ action, forward }, { scale, objects, effect }, new UpstreamProbe(upstream, as));
  };
}
