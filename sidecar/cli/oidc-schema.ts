/** What an operator writes of the provider at which people sign in. What is not in here is an error. */
import { z } from 'zod';
import type { Micros } from '../../recorder/audit/units.ts';
import { parseDuration } from '../policy/schema/approvals.ts';
import { webAddress } from './web-address.ts';

const MINUTE: Micros = 60_000_000;
const HOUR = 60 * MINUTE;

const name = z.string().min(1).max(256);
const names = z.array(name).min(1).max(200);

const address = webAddress.refine(
  ({ username, password, search, hash }) => `${username}${password}${search}${hash}` === '',
  'an address without a name, a query or a fragment',
);

const duration = (least: Micros, most: Micros, says: string) =>
  z
    .string()
    .max(20)
    .transform((text) => parseDuration(text))
    .refine((micros) => micros >= least && micros <= most, says);

/** A claim by its name, or the way to it from the outside in. */
const claim = z.union([name.transform((one) => [one]), z.array(name).min(1).max(8)]);

const who = {
  groups: names.optional(),
  users: names.optional(),
  everyone: z.literal(true).optional(),
};
const named = ({ groups, users, everyone }: { groups?: unknown; users?: unknown; everyone?: unknown }) =>
  (groups ?? users ?? everyone) !== undefined;
const NAMED = 'say who: groups, users, or everyone: true';

const where = z.strictObject({
  namespaces: names.optional(),
  users: names.optional(),
  own: z.literal(true).optional(),
});

const everywhere = z.array(z.strictObject(who).refine(named, NAMED)).min(1).max(100);
const scoped = z
  .array(z.strictObject({ ...who, where: where.optional() }).refine(named, NAMED))
  .min(1)
  .max(100);

export const oidcSchema = z.strictObject({
  name: z.string().trim().min(1).max(60).optional(),
  issuer: address.refine(
    ({ pathname }) => !pathname.includes('/.well-known/'),
    'the issuer itself, without /.well-known/…',
  ),
  clientId: name,
  clientSecret: z.string().min(1).max(4096).optional(),
  clientSecretFile: z.string().min(1).max(4096).optional(),
  externalUrl: address
    .refine(({ pathname }) => pathname === '/', 'an address without a path: chaperone needs one of its own')
    .optional(),
  scopes: names.refine((scopes) => scopes.includes('openid'), 'openid has to be among them').optional(),
  claims: z.strictObject({ user: claim.optional(), groups: claim.optional() }).optional(),
  roles: z
    .strictObject({
      admin: everywhere.optional(),
      auditor: everywhere.optional(),
      approver: scoped.optional(),
      viewer: scoped.optional(),
    })
    .refine((roles) => Object.keys(roles).length > 0, 'nobody could come in: map at least one role'),
  session: z
    .strictObject({
      lifetime: duration(5 * MINUTE, 168 * HOUR, 'from 5m to 168h').optional(),
      renew: duration(MINUTE, HOUR, 'from 1m to 1h').optional(),
    })
    .optional(),
  commandLine: z.strictObject({ clientId: name }).optional(),
  localAdmin: z.boolean().optional(),
});

export type OidcFile = z.infer<typeof oidcSchema>;
