/** What another process may ask of a human, checked member by member: it is shown, and stored. */
import { z } from 'zod';
import type { Asking } from '../../approvals/asking.ts';
import { checkEvent } from '../../audit/decode.ts';
import { SYSTEM } from '../../audit/units.ts';

const micros = z.int().min(0);

/** The rest is checked as the event that it becomes; see below. */
const outline = z.looseObject({
  terms: z.strictObject({
    groups: z.array(z.string()),
    quorum: z.int().min(1),
    selfApproval: z.boolean(),
    timeout: micros,
    validity: micros,
  }),
});

/** An asker can only claim who it is. */
export const askingSchema = outline.transform((value, context): Asking => {
  const { timeout, ...terms } = value.terms;
  const { terms: _, ...rest } = value;
  try {
    const { body } = checkEvent({
      ...{ v: 1, session: SYSTEM, seq: 0, at: 0 },
      body: {
        type: 'approval.requested',
        id: '00000000000000000000000000',
        ...rest,
        terms: { ...terms, until: timeout },
      },
    });
    if (body.type !== 'approval.requested' || body.requester.proof !== 'claimed')
      throw new Error('an identity that is more than claimed');
    const { session, requester, asked, digest, rule, reason } = body;
    return { ...{ session, requester, asked, digest, rule, reason }, terms: value.terms };
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
}) as z.ZodType<Asking>;
