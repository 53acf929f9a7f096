/** The AgentPolicy document, `chaperone.dev/v1alpha1`. What is not listed here is an error, never ignored. */
import { RE2JS } from 're2js';
import { z } from 'zod';
import { CAPABILITIES } from '../action.ts';
import { parsePath } from '../mask/path.ts';

export const API_VERSION = 'chaperone.dev/v1alpha1';
export const KIND = 'AgentPolicy';

const effect = z.enum(['allow', 'deny', 'ask']);
const name = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'a name is lower-case letters, digits and hyphens');

function compiles(source: string): boolean {
  try {
    RE2JS.compile(source);
    return true;
  } catch {
    return false;
  }
}

const text = z.string().max(1024);
/** A glob over the whole text, or an RE2 expression that matches the whole of it. */
const pattern = z.union(
  [text, z.strictObject({ regex: text.refine(compiles, 'not an expression that RE2 understands') })],
  { error: 'a pattern is a text (a glob) or {regex: …} in RE2 syntax' },
);
const patterns = z.array(pattern).min(1).max(256);
const path = text
  .regex(/^(\/|~(\/|$))/, 'a path is absolute, or ~ and what is below it')
  .refine(
    (value) => !/(^|\/)\.{1,2}(\/|$)/.test(value),
    'a path has no . or .. in it: nothing would match it',
  );
const paths = z.array(path).min(1).max(256);
const flag = text.regex(/^[-+]./, 'a flag starts with a hyphen');
const flags = z.array(flag).min(1).max(64);

const reason = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .regex(/^\P{Cc}*$/u, 'a reason is one line');
const instead = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .regex(/^\P{Cc}*$/u, 'instead is one line');

/** All that is given must hold of one command. */
function isGiven(conditions: object): boolean {
  return Object.keys(conditions).length > 0;
}

const conditions = z.strictObject({
  /** Basename of the program. */
  program: patterns.optional(),
  /** The first operands, as in `push` or `delete namespace`. */
  subcommand: z
    .array(pattern.refine((one) => typeof one !== 'string' || /\S/.test(one), 'a subcommand has a word'))
    .min(1)
    .max(256)
    .optional(),
  args: z
    .strictObject({ any: patterns.optional(), all: patterns.optional() })
    .refine(isGiven, 'args needs any or all')
    .optional(),
  /** Also in clusters (`-rf`), with a value, and shortened as getopt_long allows (`--recurs`). */
  flags: z
    .strictObject({ any: flags.optional(), all: flags.optional() })
    .refine(isGiven, 'flags needs any or all')
    .optional(),
  /** Names of variables that it is given, or sets. */
  env: patterns.optional(),
  reads: paths.optional(),
  writes: paths.optional(),
  deletes: paths.optional(),
  changes: paths.optional(),
  /** The paths are touched with everything below them. */
  recursive: z.literal(true).optional(),
  /** Wrappers it runs under. */
  via: patterns.optional(),
  /** Programs later in its pipeline. */
  pipesInto: patterns.optional(),
  /** Programs that run what it prints as code. */
  outputRunBy: patterns.optional(),
  capabilities: z.array(z.enum(CAPABILITIES)).min(1).optional(),
});

const match = conditions
  .extend({
    /** The rule does not match where all of these hold. */
    unless: conditions.refine(isGiven, 'unless needs at least one condition').optional(),
  })
  .refine(isGiven, 'a match needs at least one condition');

const rule = z.strictObject({
  name,
  match,
  effect,
  /** One sentence for the person whose command is refused. */
  reason,
  /** What is allowed in place of it: one line that a refusal shows, e.g. `npm ci` or `kubectl rollout restart`. */
  instead: instead.optional(),
});

/**
 * Conditions on a request to the Kubernetes API. All that are given must hold. A request for a whole collection
 * (list, watch, deletecollection) concerns every name in it, and one over all namespaces concerns each of them.
 */
const apiConditions = z.strictObject({
  /**
   * As RBAC names them, with wide meanings: `delete` is deletecollection and eviction too; `exec` is exec, attach,
   * ephemeral containers and nodes/proxy; `portforward`; `scale` is any write that changes how many replicas there
   * are; `read` is get, list and watch; `write` is everything else.
   */
  verbs: patterns.optional(),
  /** API groups; the core group is the empty text. */
  groups: patterns.optional(),
  /** `pods`, `pods/exec`, `deployments/scale`. A slash is a character like others to a glob: `pods*` is all of them. */
  resources: patterns.optional(),
  namespaces: patterns.optional(),
  names: patterns.optional(),
  /** Paths of requests that are for no resource, e.g. `/healthz`. */
  paths: patterns.optional(),
  dryRun: z.boolean().optional(),
  /** Of an exec or attach alone: whether it asks for a terminal, and for standard input. */
  tty: z.boolean().optional(),
  stdin: z.boolean().optional(),
});

const apiMatch = apiConditions
  .extend({ unless: apiConditions.refine(isGiven, 'unless needs at least one condition').optional() })
  .refine(isGiven, 'a match needs at least one condition');

const apiRule = z.strictObject({ name, match: apiMatch, effect, reason, instead: instead.optional() });

function isPath(source: string): boolean {
  try {
    parsePath(source);
    return true;
  } catch {
    return false;
  }
}

function whyNoPath(source: unknown): string {
  try {
    parsePath(String(source));
    return 'a path';
  } catch (error) {
    return (error as Error).message;
  }
}

/** A value that is masked wherever it stands in these resources. */
const maskedPath = z.strictObject({
  groups: patterns.optional(),
  resources: patterns,
  /** See sidecar/mask/path.ts, e.g. `data.password`. */
  path: text.refine(isPath, { error: (issue) => whyNoPath(issue.input) }),
  /** In what is stored; unless it is said to be false. */
  record: z.boolean().optional(),
  /** In what the agent gets; only where it is said to be true. */
  agent: z.boolean().optional(),
});

const masking = z.strictObject({
  /** Values of Secrets, and tokens. */
  secrets: z.strictObject({ record: z.boolean().optional(), agent: z.boolean().optional() }).optional(),
  paths: z.array(maskedPath).max(256).optional(),
  learned: z
    .strictObject({
      /** Bytes of a value of a Secret from which on it is looked for in everything else; 8 where no policy says it. */
      minLength: z.int().min(4).max(1024).optional(),
    })
    .optional(),
});

/** Who the policy is for: all that is given must hold. */
const subject = z
  .strictObject({ users: patterns.optional(), groups: patterns.optional() })
  .refine(isGiven, 'a subject needs users or groups');

export const policySchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(KIND),
  metadata: z.strictObject({
    name,
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.strictObject({
    /** Any of them; everybody where it is left out. */
    subjects: z.array(subject).min(1).max(256).optional(),
    commands: z.array(rule).max(2000).optional(),
    /** Requests to the Kubernetes API. */
    api: z.array(apiRule).max(2000).optional(),
    defaults: z
      .strictObject({
        /** For a command that no rule matches. */
        commands: effect.optional(),
        /** For a request to the Kubernetes API that no rule matches. */
        api: effect.optional(),
        /** For a part that could not be understood. */
        unknown: effect.optional(),
      })
      .optional(),
    recording: z
      .strictObject({
        input: z.boolean().optional(),
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
    /** What is not shown in clear: to who replays it, and to the agent itself. */
    masking: masking.optional(),
  }),
});

export type AgentPolicy = z.infer<typeof policySchema>;
export type CommandRule = z.infer<typeof rule>;
export type ApiRule = z.infer<typeof apiRule>;
export type ApiConditions = z.infer<typeof apiConditions>;
export type Match = z.infer<typeof match>;
export type Conditions = z.infer<typeof conditions>;
export type Pattern = z.infer<typeof pattern>;
export type MaskedPath = z.infer<typeof maskedPath>;
export type Subject = z.infer<typeof subject>;
