/** What becomes of a request that nothing can judge: it is recorded all the same, and refused. */
import type { IncomingMessage } from 'node:http';
import type { Journal } from '../../../recorder/log/ports.ts';
import type { Clock } from '../../clock.ts';
import type { Gate } from '../../gate.ts';
import type { Vault } from '../../mask/vault.ts';
import type { Unfit } from '../../request/refusal.ts';
import { type Status, unfit } from '../../request/status.ts';
import type { Principal } from '../credentials/bearers.ts';
import { unfitAction } from './admission.ts';
import { type RequestEnd, recordEnd } from './ended.ts';

export interface UnfitPorts {
  ports: { journal: Journal; clock: Clock };
  gate: Gate;
  vault: Vault;
}

/** Resolves with what the client hears, once it is stored. @throws ChaperoneError where it cannot be */
export async function refuseUnfit(
  { ports, gate, vault }: UnfitPorts,
  principal: Principal,
  request: IncomingMessage,
  { error: { refusal }, body }: { error: Unfit; body: Buffer | null },
): Promise<Status> {
  const since = ports.clock.now();
  const action = unfitAction(request, { refusal, body, vault });
  const status = unfit(refusal);
  const rule = `builtin/unfit-${refusal.code}`;
  await gate.refuse(principal.session, action, { rule, reason: refusal.message });
  await recordEnd(ports, { principal, id: action.id, since }, refused(status));
  return status;
}

export function refused({ code }: Status): RequestEnd {
  return { outcome: 'refused', status: code };
}
