/** What a human is shown beside the request that they are asked about, from the events that asked. */
import type { Approval } from '../../approvals/approval.ts';
import { eventsSince } from '../../approvals/restore.ts';
import { ChaperoneError } from '../../errors.ts';
import type { Archive } from '../../log/ports.ts';

/**
 * @param of the event that holds it: `approval.requested` the body, `approval.effect` what would change
 * @throws ChaperoneError `NOT_FOUND` where there is none, or retention has removed it
 */
export async function bodyOf(
  archive: Archive,
  { request, requestedAt }: Approval,
  of: 'approval.requested' | 'approval.effect' = 'approval.requested',
): Promise<Uint8Array> {
  for await (const { event, content } of eventsSince(archive, requestedAt, { content: true })) {
    if (event.body.type !== of || event.body.id !== request.id) continue;
    if (content !== null) return content;
    break;
  }
  const what = of === 'approval.requested' ? 'body' : 'effect';
  throw new ChaperoneError('NOT_FOUND', `this request has no ${what} that is kept`);
}
