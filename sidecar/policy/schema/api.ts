/** Conditions on a request to the Kubernetes API. */
import { z } from 'zod';
import { given, patterns, ruleHead } from './text.ts';

/**
 * All that are given must hold. A request for a whole collection (list, watch, deletecollection) concerns every name in
 * it, and one over all namespaces concerns each of them.
 */
const apiConditions = z.strictObject({
  verbs: patterns
    .optional()
    .describe(
      'As RBAC names them, with wide meanings: `delete` is deletecollection and eviction too; `exec` is exec, attach, ephemeral containers and nodes/proxy; `portforward`; `scale` is any write that changes how many replicas there are; `read` is get, list and watch; `write` is everything else.',
    ),
  groups: patterns.optional().describe('API groups; the core group is the empty text.'),
  resources: patterns
    .optional()
    .describe(
      '`pods`, `pods/exec`, `deployments/scale`. A slash is a character like others to a glob: `pods*` is all of them.',
    ),
  namespaces: patterns.optional(),
  names: patterns.optional(),
  paths: patterns.optional().describe('Paths of requests that are for no resource, e.g. `/healthz`.'),
  dryRun: z.boolean().optional(),
  tty: z
    .boolean()
    .optional()
    .describe('Of an exec or attach alone: whether it asks for a terminal, and for standard input.'),
  stdin: z.boolean().optional(),
});

const apiMatch = given(
  apiConditions.extend({ unless: given(apiConditions, 'unless needs at least one condition').optional() }),
  'a match needs at least one condition',
);

export const apiRule = z.strictObject({ ...ruleHead, match: apiMatch });

export type ApiConditions = z.infer<typeof apiConditions>;
export type ApiRule = z.infer<typeof apiRule>;
