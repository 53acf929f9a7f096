/** Reads `DATA/oidc.yaml`: where people sign in. Whatever is wrong with it, nothing starts: it decides who comes in. */
import { dirname, join, resolve } from 'node:path';
import type { Micros } from '../../recorder/audit/units.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { OidcSettings, RoleRule, Who } from '../../recorder/server/oidc/settings.ts';
import type { Role, Scope } from '../../recorder/server/principal.ts';
import { readRegularFile } from '../../recorder/store/regular-file.ts';
import { type Complain, readDocuments } from '../policy/documents.ts';
import { type OidcFile, oidcSchema } from './oidc-schema.ts';

const HOUR: Micros = 3_600_000_000;
const SCOPES = ['openid', 'profile', 'email'];

/**
 * The settings of the file that was asked for, or of the data directory's own; null where that has none.
 * @throws ChaperoneError `POLICY_INVALID` with line and column, `NOT_FOUND`, `FORBIDDEN`, `STORE_FAILED`
 */
export async function readOidc(data: string, asked: string | undefined): Promise<OidcSettings | null> {
  const path = asked === undefined ? join(data, 'oidc.yaml') : resolve(asked);
  const file = await readRegularFile(path, { links: true });
  if (file === null && asked === undefined) return null;
  if (file === null) throw new ChaperoneError('NOT_FOUND', `there is no file ${path}`);
  const text = file.bytes.toString('utf8');
  const read = parseOidc(text, path);
  if (read.clientSecret !== undefined && (file.mode & 0o077) !== 0)
    throw new ChaperoneError('FORBIDDEN', `others can read the secret in ${path}: chmod 600 it`);
  if ((file.mode & 0o022) !== 0)
    throw new ChaperoneError(
      'FORBIDDEN',
      `others can write ${path}, and so let themselves in: chmod go-w it`,
    );
  return settingsOf(read, read.clientSecret ?? (await secretIn(read.clientSecretFile, path)));
}

/** @throws ChaperoneError `POLICY_INVALID`: `source:line:column: message` */
export function parseOidc(text: string, source: string): OidcFile {
  const kind = { name: 'settings of a provider', several: 'providers', schema: oidcSchema, check };
  const [only, second] = readDocuments(text, source, kind);
  if (only === undefined || second !== undefined)
    throw new ChaperoneError('POLICY_INVALID', `${source}:1:1: there is one provider, in one document`);
  return only.value;
}

function check(file: OidcFile, _others: readonly OidcFile[], complain: Complain): void {
  const { clientSecret, clientSecretFile, session = {} } = file;
  if (clientSecret !== undefined && clientSecretFile !== undefined)
    complain(['clientSecretFile'], 'give clientSecret or clientSecretFile, not both');
  const { lifetime = DEFAULT_SESSION.lifetime, renew = DEFAULT_SESSION.renew } = session;
  if (renew > lifetime) complain(['session', 'renew'], 'session.renew: longer than the lifetime');
}

const DEFAULT_SESSION = { lifetime: 12 * HOUR, renew: HOUR / 6 };

export function settingsOf(file: OidcFile, clientSecret: string | null): OidcSettings {
  const { issuer, clientId, externalUrl = null, claims = {}, session = {} } = file;
  const publicClient = clientSecret === null ? clientId : null;
  return {
    name: file.name ?? issuer.host,
    ...{ issuer, clientId, clientSecret, externalUrl },
    scopes: file.scopes ?? SCOPES,
    claims: { user: claims.user ?? ['email'], groups: claims.groups ?? ['groups'] },
    roles: rulesOf(file.roles),
    session: {
      lifetime: session.lifetime ?? DEFAULT_SESSION.lifetime,
      renew: session.renew ?? DEFAULT_SESSION.renew,
    },
    deviceClientId: file.commandLine?.clientId ?? publicClient,
    localAdmin: file.localAdmin ?? false,
  };
}

function rulesOf({ admin, auditor, approver, viewer }: OidcFile['roles']): RoleRule[] {
  const plain = (role: Exclude<Role, 'viewer' | 'approver'>, all: OidcFile['roles']['admin'] = []) =>
    all.map((one): RoleRule => ({ role, who: whoOf(one) }));
  const scoped = (role: 'viewer' | 'approver', all: OidcFile['roles']['viewer'] = []) =>
    all.map((one): RoleRule => ({ role, who: whoOf(one), where: scopeOf(one.where) }));
  return [
    ...plain('admin', admin),
    ...plain('auditor', auditor),
    ...scoped('approver', approver),
    ...scoped('viewer', viewer),
  ];
}

type Named = NonNullable<OidcFile['roles']['admin']>[number];

function whoOf({ groups = [], users = [], everyone }: Named): Who {
  return { groups, users, everyone: everyone === true };
}

/** Nothing said means everywhere. */
function scopeOf(where: NonNullable<OidcFile['roles']['viewer']>[number]['where'] = {}): Scope {
  const { namespaces, users, own } = where;
  return { ...(namespaces && { namespaces }), ...(users && { users }), ...(own && { own }) };
}

/** @throws ChaperoneError `NOT_FOUND`, `STORE_FAILED` */
async function secretIn(named: string | undefined, beside: string): Promise<string | null> {
  if (named === undefined) return null;
  const path = resolve(dirname(beside), named);
  const file = await readRegularFile(path, { links: true });
  const secret = file?.bytes.toString('utf8').trim() ?? '';
  if (secret === '') throw new ChaperoneError('NOT_FOUND', `there is no client secret in ${path}`);
  return secret;
}
