/** What an operator may write of receivers, and what keeps chaperone from starting. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parseWebhooks, readWebhooks } from '../../../sidecar/cli/webhooks-file.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const ONE = `targets:
  - { name: siem, url: https://siem.example.com/in, secret: ${SECRET} }
`;

async function directory(t: Test, files: Record<string, string>, mode = 0o600): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-webhooks-'));
  t.teardown(() => rm(data, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(data, name), text);
    await chmod(join(data, name), mode);
  }
  return data;
}

t.test('none, one, and all that can be said of one', async (t) => {
  t.equal(await readWebhooks(await directory(t, {})), null);
  t.match(await readWebhooks(await directory(t, { 'webhooks.yaml': ONE })), {
    externalUrl: null,
    targets: [{ name: 'siem', shape: 'json', groups: null, secret: Buffer.alloc(32, 1) }],
  });
  const all = `externalUrl: https://chaperone.example.com
targets:
  - name: oncall
    urlFile: url
    shape: slack
    events: [approval.requested]
    groups: [oncall]
    kinds: [request]
    rules: ['team/*']
    namespaces: [shop, 'pay-*']
  - name: siem
    url: http://127.0.0.1:9000/in?tenant=a
    secretFile: secret
`;
  const files = { 'webhooks.yaml': all, url: 'https://hooks.example.com/T0/B0/x\n', secret: `${SECRET}\n` };
  const read = await readWebhooks(await directory(t, files));
  t.equal(read?.externalUrl?.href, 'https://chaperone.example.com/');
  t.match(read?.targets, [
    {
      name: 'oncall',
      shape: 'slack',
      secret: null,
      types: ['approval.requested'],
      groups: ['oncall'],
      kinds: ['request'],
      rules: ['team/*'],
      namespaces: ['shop', 'pay-*'],
    },
    { name: 'siem', shape: 'json', secret: Buffer.alloc(32, 1) },
  ]);
  t.equal(read?.targets[0]?.url.href, 'https://hooks.example.com/T0/B0/x');
});

t.test('what is wrong is said with its place, and without the secret', (t) => {
  const wrong: [string, RegExp][] = [
    ['targets: []', /targets/],
    ['targets: [{ name: a }]', /:1:11: .*url or urlFile/],
    [ONE.replace('https://', 'http://'), /only https/],
    [ONE.replace('https://', 'https://u:p@'), /without a name or password/],
    [ONE.replace('siem,', '../siem,'), /a name of letters/],
    [ONE.replace(SECRET, 'whsec_c2hvcnQ='), /24 to 64 random bytes/],
    [ONE.replace(`, secret: ${SECRET}`, ''), /nobody can tell who sent it/],
    [ONE.replace(' }', ', secretFile: x }'), /not both/],
    [ONE.replace(' }', ', events: [approval.guessed] }'), /events/],
    [ONE.replace(' }', ', kinds: [guess] }'), /kinds/],
    [ONE.replace(' }', ', namespaces: [] }'), /namespaces/],
    [ONE.replace(' }', ', redirect: true }'), /redirect/],
    [`${ONE}  - { name: siem, url: https://b.example.com, shape: slack }`, /:3:\d+: .*a second siem/],
    [`${ONE}---\n${ONE}`, /one document/],
  ];
  for (const [text, says] of wrong) {
    t.throws(() => parseWebhooks(text, 'f'), { code: 'POLICY_INVALID', message: says }, text);
    try {
      parseWebhooks(text, 'f');
    } catch (error) {
      t.notMatch((error as Error).message, /AQEBAQ|c2hvcnQ/);
    }
  }
  t.end();
});

t.test('a file that others can write, or read where a secret is in it', async (t) => {
  const writable = await directory(t, { 'webhooks.yaml': ONE }, 0o620);
  await t.rejects(readWebhooks(writable), { code: 'FORBIDDEN' });
  const readable = await directory(t, { 'webhooks.yaml': ONE }, 0o644);
  await t.rejects(readWebhooks(readable), { code: 'FORBIDDEN' });
  const elsewhere = ONE.replace(`secret: ${SECRET}`, 'secretFile: secret');
  const apart = await directory(t, { 'webhooks.yaml': elsewhere, secret: SECRET }, 0o644);
  t.equal((await readWebhooks(apart))?.targets.length, 1);
  const missing = await directory(t, { 'webhooks.yaml': elsewhere });
  await t.rejects(readWebhooks(missing), { code: 'NOT_FOUND' });
  const short = await directory(t, { 'webhooks.yaml': elsewhere, secret: 'short' });
  await t.rejects(readWebhooks(short), { code: 'POLICY_INVALID' });
});
