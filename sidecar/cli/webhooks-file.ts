/** Reads `DATA/webhooks.yaml`: who is told of approvals. It is read once, at the start; what is wrong with it is said then. */
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { ChaperoneError } from '../../recorder/errors.ts';
import { readRegularFile } from '../../recorder/store/regular-file.ts';
import { MESSAGE_TYPES, type TargetSettings, USUAL } from '../../recorder/webhooks/settings.ts';
import { readSecret } from '../../recorder/webhooks/signature.ts';
import { type Complain, readDocuments } from '../policy/documents.ts';
import { webAddress } from './web-address.ts';

export interface WebhookSettings {
  /** Where people open the page; null where it is not said. */
  externalUrl: URL | null;
  targets: TargetSettings[];
}

const MOST_TARGETS = 20;
const SECRET = 'a secret is `whsec_` and the base64 of 24 to 64 random bytes';

const address = webAddress.refine(
  ({ username, password }) => `${username}${password}` === '',
  'an address without a name or password',
);

const names = z.array(z.string().min(1).max(253)).min(1).max(64);

const target = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a name of letters, digits, `.`, `_` and `-`'),
  url: address.optional(),
  /** For an address that is a secret itself. */
  urlFile: z.string().min(1).max(4096).optional(),
  shape: z.enum(['json', 'slack']).optional(),
  secret: z.string().max(200).optional(),
  secretFile: z.string().min(1).max(4096).optional(),
  events: z.array(z.enum(MESSAGE_TYPES)).min(1).optional(),
  groups: names.optional(),
  kinds: z
    .array(z.enum(['command', 'request', 'tool']))
    .min(1)
    .optional(),
  /** Globs. */
  rules: names.optional(),
  namespaces: names.optional(),
});

const file = z.strictObject({
  externalUrl: address.optional(),
  targets: z.array(target).min(1).max(MOST_TARGETS),
});

type File = z.infer<typeof file>;
type Written = z.infer<typeof target>;

/**
 * Null where there is no such file.
 * @throws ChaperoneError `POLICY_INVALID` with line and column, `FORBIDDEN`, `NOT_FOUND`, `STORE_FAILED`
 */
export async function readWebhooks(data: string): Promise<WebhookSettings | null> {
  const path = join(data, 'webhooks.yaml');
  const found = await readRegularFile(path, { links: true });
  if (found === null) return null;
  const { externalUrl = null, targets } = parseWebhooks(found.bytes.toString('utf8'), path);
  if ((found.mode & 0o022) !== 0)
    throw new ChaperoneError('FORBIDDEN', `others can write ${path}, and so be told: chmod go-w it`);
  const isSecret = targets.some(({ secret, shape }) => secret !== undefined || shape === 'slack');
  if (isSecret && (found.mode & 0o077) !== 0)
    throw new ChaperoneError('FORBIDDEN', `others can read the secrets in ${path}: chmod 600 it`);
  return { externalUrl, targets: await Promise.all(targets.map((one) => settingsOf(one, path))) };
}

/** @throws ChaperoneError `POLICY_INVALID`: `source:line:column: message` */
export function parseWebhooks(text: string, source: string): File {
  const kind = { name: 'webhooks', several: 'webhooks', schema: file, check };
  const [only, second] = readDocuments(text, source, kind);
  if (only === undefined || second !== undefined)
    throw new ChaperoneError('POLICY_INVALID', `${source}:1:1: webhooks are one document`);
  return only.value;
}

function check({ targets }: File, _others: readonly File[], complain: Complain): void {
  for (const [place, one] of targets.entries()) {
    const at = (member: string) => ['targets', place, member];
    const { name, url, urlFile, shape = 'json', secret, secretFile } = one;
    if (targets.findIndex((other) => other.name === name) !== place) complain(at('name'), `a second ${name}`);
    if ((url === undefined) === (urlFile === undefined)) complain(at('url'), 'give url or urlFile');
    if (secret !== undefined && secretFile !== undefined)
      complain(at('secretFile'), 'give secret or secretFile, not both');
    if (secret !== undefined && readSecret(secret) === null) complain(at('secret'), SECRET);
    if (shape === 'json' && secret === undefined && secretFile === undefined)
      complain(at('secret'), 'without a secret nobody can tell who sent it: give secret or secretFile');
  }
}

async function settingsOf(written: Written, beside: string): Promise<TargetSettings> {
  const { name, shape = 'json', events = USUAL } = written;
  const { groups = null, kinds = null, rules = null, namespaces = null } = written;
  const secret = written.secret ?? (await textIn(written.secretFile, beside));
  const bytes = secret === null ? null : readSecret(secret);
  if (secret !== null && bytes === null)
    throw new ChaperoneError('POLICY_INVALID', `${beside}: the secret of ${name}: ${SECRET}`);
  const url = written.url ?? (await urlIn(written, beside));
  return { name, url, shape, secret: bytes, types: events, groups, kinds, rules, namespaces };
}

async function urlIn({ name, urlFile }: Written, beside: string): Promise<URL> {
  const read = address.safeParse(await textIn(urlFile, beside));
  if (read.success) return read.data;
  throw new ChaperoneError(
    'POLICY_INVALID',
    `${beside}: the address of ${name}: ${read.error.issues[0]?.message ?? 'wrong'}`,
  );
}

/** @throws ChaperoneError `NOT_FOUND`, `STORE_FAILED` */
async function textIn(named: string | undefined, beside: string): Promise<string | null> {
  if (named === undefined) return null;
  const path = resolve(dirname(beside), named);
  const found = await readRegularFile(path, { links: true });
  const text = found?.bytes.toString('utf8').trim() ?? '';
  if (text === '') throw new ChaperoneError('NOT_FOUND', `there is nothing in ${path}`);
  return text;
}
