/**
 * AgentGateway, `chaperone.dev/v1alpha1`: whose tokens open the gateway, and as whom they go on. What is not listed
 * goes nowhere, and what is written that is not known is an error.
 */
import { z } from 'zod';
import { isReserved, whatIsWrong } from '../../../recorder/token/names.ts';
import { AUDIENCE } from '../../identity/workloads.ts';
import { type Complain, type Kind, readDocuments } from '../../policy/documents.ts';

const name = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => whatIsWrong(text) === null, 'not a name that can be told from others')
  .refine(
    (text) => !isReserved(text),
    'names that begin with system: or chaperone: are not to be given away',
  );
const pattern = z.string().min(1).max(256);
const claim = z.string().min(1).max(256);
const audiences = z.array(z.string().min(1).max(1024)).min(1).max(16);
const prefix = z
  .string()
  .max(128)
  .refine((text) => !isReserved(text) && text === text.trimStart(), 'not a prefix for names');

/** A group of the token that goes on: with the prefix, or `as` others. */
const upstreamGroup = z.union(
  [pattern, z.strictObject({ group: pattern, as: z.array(name).min(1).max(16) })],
  { error: 'a group is a text (a glob), or {group, as: [names]}' },
);

const issuer = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('As its tokens and its own description name it, exactly.'),
  audiences: audiences.describe('One of them has to be among those of the token.'),
  clients: z
    .array(z.string().min(1))
    .min(1)
    .max(64)
    .optional()
    .describe('To which the token was given (azp).'),
  certificateAuthority: z
    .string()
    .min(1)
    .optional()
    .describe('File of authorities, PEM; the system’s otherwise.'),
  user: claim.describe('Claim that names the user; the one by which people sign in at the recorder.'),
  groups: claim.optional().describe('Claim with the groups.'),
  allow: z
    .strictObject({
      users: z.array(pattern).min(1).max(256).optional(),
      groups: z.array(pattern).min(1).max(256).optional(),
    })
    .optional()
    .describe(
      'Who may come in: by one of these names, or as a member of one of these groups. Everybody otherwise.',
    ),
  upstream: z.strictObject({
    userPrefix: prefix.describe('In front of the name, for the API server.'),
    groupPrefix: prefix,
    groups: z.array(upstreamGroup).max(256).describe('The only groups that go on.'),
    uid: claim.optional().describe('Claim that goes on as the UID.'),
  }),
});

const serviceAccounts = z.strictObject({
  audiences: audiences.default([AUDIENCE]),
  check: z.enum(['review', 'offline']).default('review'),
  allow: z.array(pattern).min(1).max(1024).describe('`namespace:name`, of those that may come in.'),
  uid: z.boolean().default(false).describe('Whether the UID of the ServiceAccount goes on.'),
  pod: z.boolean().default(false).describe('Whether name and UID of the Pod go on.'),
});

const count = (most: number) => z.int().min(1).max(most);

const schema = z.strictObject({
  apiVersion: z.literal('chaperone.dev/v1alpha1'),
  kind: z.literal('AgentGateway'),
  metadata: z.strictObject({ name }),
  spec: z.strictObject({
    issuers: z.array(issuer).max(16).default([]),
    serviceAccounts: serviceAccounts.optional(),
    limits: z
      .strictObject({
        requestsPerSecond: count(10_000).default(100),
        burst: count(100_000).default(400),
        concurrent: count(1000).default(200),
      })
      .prefault({})
      .describe('Of one caller.'),
  }),
});

type Document = z.infer<typeof schema>;
export type GatewayConfiguration = Document['spec'];
export type IssuerConfiguration = z.infer<typeof issuer>;
export type AccountsConfiguration = z.infer<typeof serviceAccounts>;
export type Limits = GatewayConfiguration['limits'];

const WILD = /[*?[]/;

function check({ spec }: Document, _others: readonly Document[], complain: Complain): void {
  const { issuers, serviceAccounts: accounts } = spec;
  if (issuers.length === 0 && accounts === undefined)
    complain(['spec'], 'nobody could come in: it needs issuers or serviceAccounts');
  issuers.forEach(({ url, groups, upstream }, at) => {
    const path = ['spec', 'issuers', at];
    if (issuers.findIndex((other) => other.url === url) !== at)
      complain([...path, 'url'], `${url} stands twice`);
    if (groups === undefined && upstream.groups.length > 0)
      complain([...path, 'upstream', 'groups'], 'no claim is named that they come from (groups)');
    upstream.groups.forEach((group, place) => {
      // Otherwise who may name groups at the provider could name one that the cluster gives power to.
      if (typeof group === 'string' && WILD.test(group) && upstream.groupPrefix === '')
        complain([...path, 'upstream', 'groups', place], 'without a groupPrefix each group is written out');
      if (typeof group === 'string' && isReserved(upstream.groupPrefix + group))
        complain([...path, 'upstream', 'groups', place], 'system: and chaperone: are not to be given away');
    });
  });
}

const KIND: Kind<Document> = { name: 'AgentGateway', several: 'gateways', schema, check };

/**
 * @param source what the text is called in messages
 * @throws ChaperoneError `POLICY_INVALID`, with line and column
 */
export function parseGateway(text: string, source: string): GatewayConfiguration {
  const [first, second] = readDocuments(text, source, {
    ...KIND,
    check(value, others, complain) {
      if (others.length > 0) complain(['kind'], 'one file configures one gateway');
      check(value, others, complain);
    },
  });
  if (first === undefined || second !== undefined)
    throw new Error('a file without its one document was read');
  return first.value.spec;
}
