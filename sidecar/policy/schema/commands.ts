/** Conditions on one command of a line: on what it does, and not on its text. */
import { z } from 'zod';
import { CAPABILITIES } from '../../action.ts';
import { isGiven, paths, pattern, patterns, ruleHead, text } from './text.ts';

const flags = z
  .array(text.regex(/^[-+]./, 'a flag starts with a hyphen'))
  .min(1)
  .max(64);

/** All that are given must hold of one command. */
export const commandConditions = z.strictObject({
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
  /** Names and addresses of hosts that it contacts. */
  hosts: patterns.optional(),
  /** What it is able to do: all of them. */
  capabilities: z.array(z.enum(CAPABILITIES)).min(1).max(CAPABILITIES.length).optional(),
});

export const commandMatch = commandConditions
  .extend({
    /** The rule does not match where all of these hold. */
    unless: commandConditions.refine(isGiven, 'unless needs at least one condition').optional(),
  })
  .refine(isGiven, 'a match needs at least one condition');

export const commandRule = z.strictObject({ ...ruleHead, match: commandMatch });

export type CommandConditions = z.infer<typeof commandConditions>;
export type CommandMatch = z.infer<typeof commandMatch>;
export type CommandRule = z.infer<typeof commandRule>;
