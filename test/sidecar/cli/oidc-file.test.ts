/** What an operator may write of a provider, and what keeps chaperone from starting. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parseOidc, readOidc, settingsOf } from '../../../sidecar/cli/oidc-file.ts';

const LEAST = `issuer: https://id.example.com
clientId: chaperone
roles: { admin: [{ groups: [platform] }] }
`;
const MINUTE = 60_000_000;

t.test('the least of it, and what is taken for the rest', (t) => {
  const settings = settingsOf(parseOidc(LEAST, 'f'), null);
  t.match(settings, {
    name: 'id.example.com',
    clientSecret: null,
    externalUrl: null,
    scopes: ['openid', 'profile', 'email'],
    claims: { user: ['email'], groups: ['groups'] },
    roles: [{ role: 'admin', who: { groups: ['platform'], users: [], everyone: false } }],
    session: { lifetime: 720 * MINUTE, renew: 10 * MINUTE },
    deviceClientId: 'chaperone',
    localAdmin: false,
  });
  t.equal(settingsOf(parseOidc(LEAST, 'f'), 'secret').deviceClientId, null, 'a command line keeps no secret');
  t.end();
});

t.test('all of it', (t) => {
  const text = `name: Example ID
issuer: https://id.example.com/realms/a
clientId: chaperone
clientSecretFile: secret
externalUrl: https://chaperone.example.com
scopes: [openid, email, groups]
claims: { user: preferred_username, groups: [realm_access, roles] }
roles:
  admin: [{ users: [root@example.com] }]
  auditor: [{ groups: [audit] }]
  approver: [{ groups: [sre] }, { groups: [shop-leads], where: { namespaces: ['shop-*'] } }]
  viewer: [{ everyone: true, where: { own: true } }]
session: { lifetime: 8h, renew: 5m }
commandLine: { clientId: chaperone-cli }
localAdmin: true
`;
  t.match(settingsOf(parseOidc(text, 'f'), 's'), {
    claims: { user: ['preferred_username'], groups: ['realm_access', 'roles'] },
    roles: [
      { role: 'admin', who: { users: ['root@example.com'], groups: [] } },
      { role: 'auditor' },
      { role: 'approver', where: {} },
      { role: 'approver', where: { namespaces: ['shop-*'] } },
      { role: 'viewer', who: { everyone: true }, where: { own: true } },
    ],
    session: { lifetime: 480 * MINUTE, renew: 5 * MINUTE },
    deviceClientId: 'chaperone-cli',
    localAdmin: true,
  });
  t.end();
});

t.test('what is refused, and where it stands', (t) => {
  const cases: [string, RegExp][] = [
    ['', /^f:1:1: there is no settings/],
    [`${LEAST}---\n${LEAST}`, /one provider/],
    [LEAST.replace('https', 'http'), /^f:1:9: issuer: only https/],
    [
      LEAST.replace('id.example.com', 'id.example.com/.well-known/openid-configuration'),
      /^f:1:9: issuer: the issuer itself/,
    ],
    [LEAST.replace('id.example.com', 'u:p@id.example.com'), /^f:1:9: issuer: an address without/],
    [LEAST.replace('clientId: chaperone\n', ''), /clientId is missing/],
    [`${LEAST}clientsecret: x\n`, /^f:4:1: there is no field clientsecret/],
    [`${LEAST}externalUrl: https://a.example/chaperone\n`, /^f:4:14: externalUrl: an address without a path/],
    [`${LEAST}externalUrl: http://a.example\n`, /only https/],
    [`${LEAST}scopes: [email]\n`, /openid has to be/],
    [`${LEAST}clientSecret: a\nclientSecretFile: b\n`, /^f:5:19: give clientSecret or/],
    [`${LEAST}session: { renew: 2h }\n`, /^f:4:19: session\.renew: from 1m to 1h/],
    [`${LEAST}session: { lifetime: 5m, renew: 10m }\n`, /longer than the lifetime/],
    [LEAST.replace('{ groups: [platform] }', '{}'), /say who/],
    [LEAST.replace('admin: [{ groups: [platform] }]', ''), /nobody could come in/],
    [LEAST.replace('[{ groups: [platform] }]', '[{ groups: [a], where: {} }]'), /no field where/],
    [LEAST.replace('{ admin', '{ owner: [], admin'), /^f:3:10: there is no field owner/],
  ];
  for (const [text, message] of cases)
    t.throws(() => parseOidc(text, 'f'), { code: 'POLICY_INVALID', message }, text);
  t.end();
});

t.test('the file and its secret', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-oidc-'));
  t.teardown(() => rm(data, { recursive: true, force: true }));
  t.equal(await readOidc(data, undefined), null, 'without one nothing changes');
  await t.rejects(readOidc(data, join(data, 'missing.yaml')), { code: 'NOT_FOUND' });
  const file = join(data, 'oidc.yaml');
  await writeFile(file, `${LEAST}clientSecretFile: secret\n`, { mode: 0o644 });
  await t.rejects(readOidc(data, undefined), { code: 'NOT_FOUND', message: /no client secret in/ });
  await writeFile(join(data, 'secret'), 'hush\n');
  t.match(await readOidc(data, undefined), { clientSecret: 'hush' });
  await writeFile(file, `${LEAST}clientSecret: hush\n`);
  await t.rejects(readOidc(data, undefined), { code: 'FORBIDDEN', message: /chmod 600/ });
  await chmod(file, 0o600);
  t.match(await readOidc(data, undefined), { clientSecret: 'hush' });
  await writeFile(file, LEAST);
  await chmod(file, 0o666);
  await t.rejects(readOidc(data, undefined), { code: 'FORBIDDEN', message: /let themselves in/ });
});
