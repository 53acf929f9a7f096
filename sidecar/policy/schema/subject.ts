/** Who a policy is for. */
import { z } from 'zod';
import { given, pattern, patterns } from './text.ts';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const LABEL = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;

const labelKey = z.string().regex(LABEL, 'not the name of a label');

/** All that is given must hold. What asks for a pod is never true of who is in none. */
export const subject = given(
  z.strictObject({
    users: patterns.optional(),
    groups: patterns.optional(),
    serviceAccounts: patterns.optional().describe('Of the pod, as `namespace:name`.'),
    namespaces: patterns.optional().describe('Of the pod.'),
    podLabels: given(z.record(labelKey, pattern), 'podLabels needs a label')
      .optional()
      .describe('Labels that the pod had at its admission, whatever it has been given since: all of them.'),
  }),
  'a subject needs users, groups, serviceAccounts, namespaces or podLabels',
);

export type Subject = z.infer<typeof subject>;
