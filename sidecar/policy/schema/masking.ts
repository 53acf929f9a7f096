/** What is not shown in clear: to who replays it, and to the agent itself. */
import { z } from 'zod';
import { parsePath } from '../../mask/path.ts';
import { patterns, text } from './text.ts';

/** Why a text is no path into an object; null where it is one. */
function whyNoPath(source: unknown): string | null {
  try {
    parsePath(String(source));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** See sidecar/mask/path.ts, e.g. `data.password`. */
export const objectPath = text.refine((source) => whyNoPath(source) === null, {
  error: (issue) => whyNoPath(issue.input) ?? 'a path',
});

/** A value that is masked wherever it stands in these resources. */
const maskedPath = z.strictObject({
  groups: patterns.optional(),
  resources: patterns,
  path: objectPath,
  record: z.boolean().optional().describe('In what is stored; unless it is said to be false.'),
  agent: z.boolean().optional().describe('In what the agent gets; only where it is said to be true.'),
});

export const masking = z.strictObject({
  secrets: z
    .strictObject({ record: z.boolean().optional(), agent: z.boolean().optional() })
    .optional()
    .describe('Values of Secrets, and tokens.'),
  paths: z.array(maskedPath).max(256).optional(),
  learned: z
    .strictObject({
      minLength: z
        .int()
        .min(4)
        .max(1024)
        .optional()
        .describe(
          'Bytes of a value of a Secret from which on it is looked for in everything else; 8 where no policy says it.',
        ),
    })
    .optional(),
});

export type MaskedPath = z.infer<typeof maskedPath>;
