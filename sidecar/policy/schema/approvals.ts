/** What it takes to let pass what a policy asks about. */
import { z } from 'zod';
import type { Micros } from '../../../recorder/audit/units.ts';

const PARTS = /^(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,5})s)?$/;
const SECOND: Micros = 1_000_000;
const LONGEST: Micros = 24 * 3600 * SECOND;

/** `90s`, `15m`, `1h30m`; NaN for anything else. */
export function parseDuration(text: string): Micros {
  const [, hours = 0, minutes = 0, seconds = 0] = PARTS.exec(text) ?? [];
  const total = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * SECOND;
  return PARTS.test(text) && total > 0 ? total : Number.NaN;
}

const duration = z
  .string()
  .max(20)
  .refine((text) => parseDuration(text) <= LONGEST, 'a duration is e.g. 90s, 15m or 1h30m, and 24h at most');

export const approvals = z.strictObject({
  groups: z
    .array(z.string().min(1).max(253))
    .min(1)
    .max(64)
    .optional()
    .describe('Names of groups, of one of which an approver has to be; any approver where it is left out.'),
  quorum: z
    .int()
    .min(1)
    .max(16)
    .optional()
    .describe('How many have to approve; 1 where it is left out. One refusal is enough to deny.'),
  timeout: duration
    .optional()
    .describe('Nobody having decided by then means no; 15 minutes where it is left out.'),
  onTimeout: z.literal('deny').optional().describe('There is no other way: it is here to be read.'),
  selfApproval: z
    .boolean()
    .optional()
    .describe('Whether who asks may decide as well; no where it is left out.'),
  validity: duration
    .optional()
    .describe(
      'How long a decision holds for the very same action asked again; 5 minutes where it is left out.',
    ),
});

export type Approvals = z.infer<typeof approvals>;
