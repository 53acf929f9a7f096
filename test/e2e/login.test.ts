/** An operator sets a provider up; people sign in with the real program, and decide as who they are. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { ApprovalView } from '../../recorder/server/api.ts';
import { Jar } from '../recorder/server/oidc/browser.ts';
import { CLIENT, DEVICE, realProvider, SECRET } from '../recorder/server/oidc/provider.ts';
import { chaperone, PROGRAM, temporary, up } from './program.ts';

t.setTimeout(600_000);

const POLICY = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: team }
spec:
  defaults: { commands: allow, unknown: allow }
  commands:
    - { name: builds, match: { program: [make] }, effect: ask, reason: Somebody else looks first. }
  approvals: { groups: [sre], quorum: 1, selfApproval: true }
`;

t.test('from oidc.yaml to a decision under a name', async (t) => {
  const [data, empty] = [await temporary(t), await temporary(t)];
  const provider = await realProvider(t);
  const file = join(data, 'oidc.yaml');
  await writeFile(join(data, 'policy.yaml'), POLICY);
  await writeFile(join(data, 'secret'), `${SECRET}\n`, { mode: 0o600 });
  const wrong =
    'issuer: http://id.example.com\nclientId: chaperone\nroles: { admin: [{ everyone: true }] }\n';
  await writeFile(file, wrong);
  const refused = await chaperone(['up', '--data', data, '--port', '0']);
  t.match(refused, { status: 1, stderr: /^chaperone: .*oidc\.yaml:1:9: issuer: only https:.*\n$/ });
  const settings = {
    issuer: provider.issuer.origin,
    clientId: CLIENT,
    clientSecretFile: 'secret',
    scopes: ['openid', 'email', 'groups'],
    roles: {
      approver: [{ groups: ['sre'] }],
      viewer: [{ everyone: true }],
      admin: [{ groups: ['platform'] }],
    },
    commandLine: { clientId: DEVICE },
    localAdmin: true,
  };
  await writeFile(file, JSON.stringify(settings));
  const { url, stop } = await up(t, data);
  await provider.serve(url);
  provider.tamper = (path, body) => (path === '/device/auth' ? { ...body, interval: 0.05 } : body);
  for (const [name, groups] of Object.entries({ first: ['sre'], second: [] }))
    provider.accounts.set(name, { email: `${name}@example.com`, email_verified: true, groups });

  const homes = { first: await temporary(t), second: await temporary(t) };
  const as = (name: keyof typeof homes, ...args: string[]) =>
    chaperone(args, { env: { PATH: process.env.PATH, XDG_CONFIG_HOME: homes[name] } });
  const elsewhere = ['--data', join(empty, 'nothing')];
  t.match(await as('first', 'approvals', 'list', ...elsewhere), { status: 5 }, 'nobody is logged in');
  const unsafe = await as('first', 'login', '--url', 'http://recorder.example');
  t.match(unsafe, { status: 2, stderr: /https:/ }, 'a token is sent over nothing that others can read');
  for (const name of ['first', 'second'] as const) {
    provider.user = name;
    const { status, stdout } = await login(url, homes[name]);
    t.equal(status, 0);
    t.match(stdout, new RegExp(`^logged in to ${url} as ${name}@example\\.com \\(`));
  }

  const asks = chaperone(['shell', '--data', data, '--', 'make', '--version']);
  const { id } = await waiting(() => as('first', 'approvals', 'list', '--json', ...elsewhere));
  t.match(
    await as('second', 'approvals', 'approve', id, ...elsewhere),
    { status: 4 },
    'a viewer decides nothing',
  );
  t.match(await as('first', 'approvals', 'approve', id, ...elsewhere), { status: 0, stdout: /approved/ });
  t.match(await asks, { status: 0, stdout: /GNU Make/ });
  const shown = await as('first', 'approvals', 'show', id, ...elsewhere);
  t.match(shown.stdout, /first@example\.com/, 'under her name');
  t.match(await as('first', 'sessions', ...elsewhere), { status: 0, stdout: /make/ });
  t.match(
    await as('first', 'verify', ...elsewhere),
    { status: 4 },
    'an approver does not verify the whole log',
  );

  t.match(await as('first', 'logout'), { status: 0, stdout: `logged out of ${url}\n`, stderr: '' });
  t.match(await as('first', 'approvals', 'list', ...elsewhere), { status: 5 });
  t.match(await as('first', 'logout'), { status: 3 });
  t.equal(await stop(), 0);
  t.equal((await chaperone(['verify', '--data', data])).status, 0);
});

/** Runs `chaperone login`, and does in a browser what it says. */
async function login(url: string, home: string): Promise<{ status: number | null; stdout: string }> {
  const env = { PATH: process.env.PATH, XDG_CONFIG_HOME: home };
  const child = spawn(process.execPath, [PROGRAM, 'login', '--url', url], { env });
  const [out, err] = [[] as string[], [] as string[]];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err.push(text);
    const whole = /\(or open (\S+)\)/.exec(text)?.[1];
    if (whole !== undefined) void enterCode(whole);
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout: out.join('') || err.join('') };
}

async function enterCode(url: string): Promise<void> {
  const jar = new Jar();
  let page = await jar.follow(url);
  for (let step = 0; step < 4 && page.text.includes('<form'); step += 1)
    page = await jar.submit(page.url, page.text);
}

async function waiting(list: () => Promise<{ stdout: string }>): Promise<ApprovalView> {
  for (;;) {
    const lines = (await list()).stdout.split('\n').filter(Boolean);
    const [first] = lines
      .map((line) => JSON.parse(line) as ApprovalView)
      .filter(({ state }) => state === 'pending');
    if (first !== undefined) return first;
    await sleep(50);
  }
}
