/** Conditions on one command of a line: on what it does, and not on its text. */
import { z } from 'zod';
import { CAPABILITIES } from '../../action.ts';
import { given, paths, pattern, patterns, ruleHead, text } from './text.ts';

const flags = z
  .array(text.regex(/^[-+]./, 'a flag starts with a hyphen'))
  .min(1)
  .max(64);

/** All that are given must hold of one command. */
export const commandConditions = z.strictObject({
  program: patterns.optional().describe('Basename of the program.'),
  /** The first operands, as in `push` or `delete namespace`. */
  subcommand: z
    .array(pattern.refine((one) => typeof one !== 'string' || /\S/.test(one), 'a subcommand has a word'))
    .min(1)
    .max(256)
    .optional(),
  args: given(
    z.strictObject({ any: patterns.optional(), all: patterns.optional() }),
    'args needs any or all',
  ).optional(),
  /** Also in clusters (`-rf`), with a value, and shortened as getopt_long allows (`--recurs`). */
  flags: given(
    z.strictObject({ any: flags.optional(), all: flags.optional() }),
    'flags needs any or all',
  ).optional(),
  env: patterns.optional().describe('Names of variables that it is given, or sets.'),
  reads: paths.optional(),
  writes: paths.optional(),
  deletes: paths.optional(),
  changes: paths.optional(),
  recursive: z.literal(true).optional().describe('The paths are touched with everything below them.'),
  via: patterns.optional().describe('Wrappers it runs under.'),
  pipesInto: patterns.optional().describe('Programs later in its pipeline.'),
  outputRunBy: patterns.optional().describe('Programs that run what it prints as code.'),
  hosts: patterns.optional().describe('Names and addresses of hosts that it contacts.'),
  capabilities: z
    .array(z.enum(CAPABILITIES))
    .min(1)
    .max(CAPABILITIES.length)
    .optional()
    .describe('What it is able to do: all of them.'),
});

export const commandMatch = given(
  commandConditions.extend({
    unless: given(commandConditions, 'unless needs at least one condition')
      .optional()
      .describe('The rule does not match where all of these hold.'),
  }),
  'a match needs at least one condition',
);

export const commandRule = z.strictObject({ ...ruleHead, match: commandMatch });

export type CommandConditions = z.infer<typeof commandConditions>;
export type CommandMatch = z.infer<typeof commandMatch>;
export type CommandRule = z.infer<typeof commandRule>;
