/** The words that all parts of a policy are written in. */
import { RE2JS } from 're2js';
import { z } from 'zod';
import { type Approvals, approvals } from './approvals.ts';

export const effect = z.enum(['allow', 'deny', 'ask']);

export const name = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'a name is lower-case letters, digits and hyphens');

export const text = z.string().max(1024);

/** What people read: one line, and nothing that draws on their terminal. */
export function sentence(what: string) {
  return z
    .string()
    .trim()
    .min(1)
    .max(500)
    .regex(/^\P{Cc}*$/u, `${what} is one line`);
}

function compiles(source: string): boolean {
  try {
    RE2JS.compile(source);
    return true;
  } catch {
    return false;
  }
}

/** A glob over the whole text, or an RE2 expression that matches the whole of it. */
export const pattern = z.union(
  [text, z.strictObject({ regex: text.refine(compiles, 'not an expression that RE2 understands') })],
  { error: 'a pattern is a text (a glob) or {regex: …} in RE2 syntax' },
);

/** Any of them. */
export const patterns = z.array(pattern).min(1).max(256);

const path = text
  .regex(/^(\/|~(\/|$))/, 'a path is absolute, or ~ and what is below it')
  .refine(
    (value) => !/(^|\/)\.{1,2}(\/|$)/.test(value),
    'a path has no . or .. in it: nothing would match it',
  );

/** Any of them. */
export const paths = z.array(path).min(1).max(256);

/** Conditions of which there has to be one: an object that is empty says nothing. @param error what to say of it */
export function given<T extends z.ZodType<object>>(conditions: T, error: string): T {
  const isGiven = (value: object) => Object.keys(value).length > 0;
  return conditions.refine(isGiven, { error }).meta({ minProperties: 1 });
}

/** What rules of every kind say beside their conditions. */
export const ruleHead = {
  name,
  effect,
  reason: sentence('a reason').describe('One sentence for the person whose action is refused.'),
  instead: sentence('instead')
    .optional()
    .describe(
      'What is allowed in place of it: one line that a refusal shows, e.g. `npm ci` or `kubectl rollout restart`.',
    ),
  when: z
    .string()
    .trim()
    .min(1)
    .max(1024)
    .optional()
    .describe('In CEL, what has to be true beside the match; what it may ask about is in when/type.ts.'),
  approvals: approvals.optional().describe('For a rule that asks: in place of what its policy says.'),
};

export type Pattern = z.infer<typeof pattern>;

/** What rules of every kind say beside their conditions. */
export interface RuleHead {
  name: string;
  effect: z.infer<typeof effect>;
  reason: string;
  instead?: string | undefined;
  when?: string | undefined;
  approvals?: Approvals | undefined;
}
