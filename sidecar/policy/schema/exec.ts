/** Conditions on programs that are started, and ports that are reached, inside pods. */
import { z } from 'zod';
import { commandConditions } from './commands.ts';
import { given, patterns, ruleHead } from './text.ts';

/** The ways in: `debug` is an ephemeral container. */
export const EXEC_KINDS = ['exec', 'attach', 'portforward', 'debug'] as const;

/** All that are given must hold. */
const execConditions = z.strictObject({
  kinds: z.array(z.enum(EXEC_KINDS)).min(1).max(EXEC_KINDS.length).optional(),
  namespaces: patterns.optional(),
  pods: patterns.optional().describe('Names of pods.'),
  containers: patterns
    .optional()
    .describe(
      'Names of containers. Where the request names none the server chooses: then it only may match.',
    ),
  stdin: z
    .boolean()
    .optional()
    .describe('Whether standard input is asked for; never true of a port-forward.'),
  tty: z.boolean().optional().describe('Whether a terminal is; never true of a port-forward.'),
  command: given(commandConditions, 'command needs at least one condition')
    .optional()
    .describe(
      'What runs there: the argv, and each command that comes through standard input or is typed. A rule that allows has to hold of all of an argv.',
    ),
});

const execMatch = given(
  execConditions.extend({ unless: given(execConditions, 'unless needs at least one condition').optional() }),
  'a match needs at least one condition',
);

export const execRule = z.strictObject({ ...ruleHead, match: execMatch });

export type ExecKind = (typeof EXEC_KINDS)[number];
export type ExecConditions = z.infer<typeof execConditions>;
export type ExecRule = z.infer<typeof execRule>;
