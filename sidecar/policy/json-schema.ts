/**
 * AgentPolicy as JSON Schema (draft 2020-12), for editors and for other checkers. What it cannot say is checked when a
 * policy is read: RE2 and CEL expressions, paths into objects, durations, names that are given twice.
 */
import { z } from 'zod';
import { API_VERSION, KIND, policySchema } from './schema.ts';

export function policyJsonSchema(): object {
  const schema = z.toJSONSchema(policySchema, { target: 'draft-2020-12', io: 'input', reused: 'ref' });
  return { ...schema, title: `${KIND} ${API_VERSION}` };
}
