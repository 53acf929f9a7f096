/** Conditions on what an agent does with tools of its own: calls over MCP, files that it reads and edits. */
import { z } from 'zod';
import { objectPath } from './masking.ts';
import { given, paths, patterns, ruleHead } from './text.ts';

/** A value of what a tool is given, by its place. Numbers, booleans and null are compared as JSON writes them. */
const argument = z.strictObject({ path: objectPath, any: patterns });

/** All that are given must hold. */
const toolConditions = z.strictObject({
  servers: patterns.optional().describe('URLs or command lines of MCP servers; only of calls over MCP.'),
  tools: patterns.optional().describe('Names of tools.'),
  reads: paths.optional().describe('Paths of files that are read.'),
  edits: paths.optional().describe('Paths of files that are edited.'),
  arguments: z
    .array(argument)
    .min(1)
    .max(64)
    .optional()
    .describe(
      'All of them. One holds where a value at its path matches; for a rule that allows, every value there has to.',
    ),
});

const toolMatch = given(
  toolConditions.extend({ unless: given(toolConditions, 'unless needs at least one condition').optional() }),
  'a match needs at least one condition',
);

export const toolRule = z.strictObject({ ...ruleHead, match: toolMatch });

export type ToolArgument = z.infer<typeof argument>;
export type ToolConditions = z.infer<typeof toolConditions>;
export type ToolRule = z.infer<typeof toolRule>;
