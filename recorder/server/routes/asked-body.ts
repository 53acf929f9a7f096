/** The body of a request that a human is asked about, from the event that asked. */
import type { Approval } from '../../approvals/approval.ts';
import { eventsSince } from '../../approvals/restore.ts';
import { ChaperoneError } from '../../errors.ts';
import type { Archive } from '../../log/ports.ts';

/** @throws ChaperoneError `NOT_FOUND` where there is none, or retention has removed it */
export async function bodyOf(archive: Archive, { request, requestedAt }: Approval): Promise<Uint8Array> {
  for await (const { event, content } of eventsSince(archive, requestedAt, { content: true })) {
    if (event.body.type !== 'approval.requested' || event.body.id !== request.id) continue;
    if (content !== null) return content;
    break;
  }
  throw new ChaperoneError('NOT_FOUND', 'this request has no body that is kept');
}
