/** Whether two sessions are of one place. Pure. */
import type { SessionSummary } from '../log/ports.ts';

type Placed = Pick<SessionSummary, 'identity' | 'host'>;

/** The same pod; outside of pods the same user of the same host. */
export function sameMachine(one: Placed, other: Placed): boolean {
  const [pod, second] = [one.identity.pod, other.identity.pod];
  if (pod !== undefined && second !== undefined) return pod.uid === second.uid;
  if (pod !== undefined || second !== undefined) return false;
  return one.host === other.host && one.identity.user === other.identity.user;
}
