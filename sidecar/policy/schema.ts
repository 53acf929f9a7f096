/** The AgentPolicy document, `chaperone.dev/v1alpha1`. What is not listed here is an error, never ignored. */
import { z } from 'zod';
import { apiRule } from './schema/api.ts';
import { approvals } from './schema/approvals.ts';
import { commandRule } from './schema/commands.ts';
import { execRule } from './schema/exec.ts';
import { masking } from './schema/masking.ts';
import { subject } from './schema/subject.ts';
import { effect, name, type RuleHead } from './schema/text.ts';
import { toolRule } from './schema/tools.ts';
import type { RuleKind } from './when/type.ts';

export const API_VERSION = 'chaperone.dev/v1alpha1';
export const KIND = 'AgentPolicy';

export const policySchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(KIND),
  metadata: z.strictObject({
    name,
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.strictObject({
    subjects: z
      .array(subject)
      .min(1)
      .max(256)
      .optional()
      .describe('Any of them; everybody where it is left out.'),
    commands: z.array(commandRule).max(2000).optional(),
    api: z.array(apiRule).max(2000).optional().describe('Requests to the Kubernetes API.'),
    exec: z
      .array(execRule)
      .max(2000)
      .optional()
      .describe(
        'Programs that are started, and ports that are reached, in pods: through the Kubernetes API.',
      ),
    tools: z
      .array(toolRule)
      .max(2000)
      .optional()
      .describe('What an agent does with tools of its own, as its hooks tell it.'),
    defaults: z
      .strictObject({
        commands: effect.optional().describe('For a command that no rule matches.'),
        api: effect.optional().describe('For a request to the Kubernetes API that no rule matches.'),
        exec: effect
          .optional()
          .describe('For one that starts a program in a pod or reaches a port of it, in place of `api`.'),
        tools: effect.optional().describe('For a use of a tool that no rule matches.'),
        unknown: effect.optional().describe('For a part that could not be understood.'),
      })
      .optional(),
    recording: z
      .strictObject({
        input: z.boolean().optional(),
        thoughts: z
          .boolean()
          .optional()
          .describe(
            'Whether what the model thinks is kept, where its hooks tell it; no where it is left out.',
          ),
        onRecorderFailure: z
          .enum(['deny', 'continue'])
          .optional()
          .describe('Whether what cannot be recorded may happen; `deny` where no policy says otherwise.'),
        /**
         * How much of the body of a request to the Kubernetes API is kept, and as much of its answer's; 8 MiB of each
         * where no policy says it. Their digests are recorded in any case.
         */
        bodies: z
          .union([z.literal('full'), z.literal('none'), z.strictObject({ limit: z.int().min(0) })], {
            error: 'bodies is full, none or {limit: bytes}',
          })
          .optional(),
      })
      .optional(),
    masking: masking.optional(),
    approvals: approvals.optional().describe('For what the policy asks about.'),
  }),
});

export type AgentPolicy = z.infer<typeof policySchema>;

const KINDS: readonly RuleKind[] = ['commands', 'api', 'exec', 'tools'];

/** Every rule of a policy, with where it stands in its `spec`. */
export function rulesOf({ spec }: AgentPolicy): { rule: RuleHead; path: [kind: RuleKind, place: number] }[] {
  return KINDS.flatMap((kind) => {
    const rules: readonly RuleHead[] = spec[kind] ?? [];
    return rules.map((rule, place) => ({ rule, path: [kind, place] as [RuleKind, number] }));
  });
}
