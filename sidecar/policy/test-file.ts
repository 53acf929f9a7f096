/** Cases that a policy is tested with: kind AgentPolicyTest, `chaperone.dev/v1alpha1`. */
import { z } from 'zod';
import { type Kind, type Place, readDocuments } from './documents.ts';
import { REQUEST } from './read-action.ts';
import { effect, name } from './schema/text.ts';
import { API_VERSION } from './schema.ts';

export const TEST_KIND = 'AgentPolicyTest';

const words = z
  .string()
  .min(1)
  .max(64 * 1024);

/** Who acts. What is left out of a case is taken from the document. */
const identity = z.strictObject({
  user: z.string().max(1024).optional(),
  groups: z.array(z.string().max(1024)).max(1024).optional(),
  /** The pod that it comes from. */
  pod: z
    .strictObject({
      namespace: z.string().max(253),
      name: z.string().max(253).optional(),
      serviceAccount: z.string().max(253).optional(),
      labels: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
});

/** Where and by whom. */
const circumstances = {
  identity: identity.optional(),
  /** Absolute directory that a command runs in. */
  cwd: z.string().max(4096).regex(/^\//, 'a cwd is absolute').optional(),
  home: z.string().max(4096).regex(/^\//, 'a home is absolute').optional(),
};

const ACTIONS = ['command', 'request', 'script'] as const;

const testCase = z
  .strictObject({
    name: z.string().min(1).max(200),
    /** A command line as it is typed. */
    command: words.optional(),
    /** E.g. `DELETE /api/v1/namespaces/x`. */
    request: words.regex(REQUEST, 'a request is a method and a path').optional(),
    /** A file of commands, relative to this one. */
    script: words.optional(),
    /** The object in a request's body. */
    body: z.json().optional(),
    /** When, for rules that ask for the time: `2026-11-22T08:00:00Z`. */
    at: z.iso.datetime({ offset: true }).optional(),
    ...circumstances,
    /** `deny`, or more of it. */
    expect: z.union(
      [
        effect,
        z.strictObject({
          effect,
          /** `policy/rule`, `default/…` or `builtin/…`: what decides. */
          rule: z.string().max(200).optional(),
          /** Whether it passes with a mark, because no rule could tell. */
          unjudged: z.boolean().optional(),
        }),
      ],
      { error: 'expect is allow, ask or deny, or {effect, rule, unjudged}' },
    ),
  })
  .refine((one) => ACTIONS.filter((action) => one[action] !== undefined).length === 1, {
    error: 'a case has one of command, request and script',
  })
  .refine((one) => one.body === undefined || one.request !== undefined, {
    error: 'only a request has a body',
  });

export const testSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(TEST_KIND),
  metadata: z.strictObject({ name }),
  spec: z.strictObject({
    ...circumstances,
    cases: z.array(testCase).min(1).max(5000),
  }),
});

type TestDocument = z.infer<typeof testSchema>;
export type TestIdentity = z.infer<typeof identity>;

/** One case with what its document says for all of them. */
export interface TestCase extends Omit<z.infer<typeof testCase>, 'expect'> {
  expect: Expected;
  /** Name of the document. */
  suite: string;
  /** Where it stands. */
  place: Place;
  identity: TestIdentity;
}

export interface Expected {
  effect: z.infer<typeof effect>;
  rule?: string | undefined;
  unjudged?: boolean | undefined;
}

const KIND: Kind<TestDocument> = {
  name: TEST_KIND,
  several: 'tests',
  schema: testSchema,
  check({ spec }, _others, complain) {
    const seen = new Set<string>();
    spec.cases.forEach((one, place) => {
      if (seen.has(one.name))
        complain(['spec', 'cases', place, 'name'], `a second case is named ${one.name}`);
      seen.add(one.name);
    });
  },
};

/**
 * @param source what the text is called in messages
 * @throws ChaperoneError `POLICY_INVALID`, with line and column
 */
export function parseTests(text: string, source: string): TestCase[] {
  return readDocuments(text, source, KIND).flatMap(({ value: { metadata, spec }, placeOf }) =>
    spec.cases.map((one, index) => ({
      ...one,
      suite: metadata.name,
      place: placeOf(['spec', 'cases', index]),
      cwd: one.cwd ?? spec.cwd ?? '/workspace',
      home: one.home ?? spec.home ?? '/home/agent',
      identity: { ...spec.identity, ...one.identity },
      expect: typeof one.expect === 'string' ? { effect: one.expect } : one.expect,
    })),
  );
}
