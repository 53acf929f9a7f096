/**
 * The kinds of documents as JSON Schema (draft 2020-12), for editors and for other checkers. What it cannot say is
 * checked when a document is read: RE2 and CEL expressions, paths into objects, durations, names that are given twice,
 * and that a case has one action.
 */
import { z } from 'zod';
import { API_VERSION, KIND, policySchema } from './schema.ts';
import { TEST_KIND, testSchema } from './test-file.ts';

export function policyJsonSchema(): object {
  return published(policySchema, KIND);
}

export function testJsonSchema(): object {
  return published(testSchema, TEST_KIND);
}

function published(kind: z.ZodType, name: string): object {
  const schema = z.toJSONSchema(kind, { target: 'draft-2020-12', io: 'input', reused: 'ref' });
  return { ...schema, title: `${name} ${API_VERSION}` };
}
