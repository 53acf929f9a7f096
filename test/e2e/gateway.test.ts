/** `chaperone gateway` as an operator starts it: certificate files, probes, real kubectl, a stop. */
import { execFile } from 'node:child_process';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import t from 'tap';
import { createAuthority, issueServerCertificate } from '../../sidecar/kube/credentials/certificates.ts';
import { kubectl } from '../kubectl.ts';
import { AUDIENCE, startProvider, type TestProvider } from '../sidecar/kube/gateway/provider.ts';
import { configurationOf } from '../sidecar/kube/gateway/world.ts';
import { UPSTREAM_TOKEN } from '../sidecar/kube/proxy/world.ts';
import { chaperone, up } from './program.ts';
import { world } from './upstream.ts';

t.setTimeout(600_000);

const run = promisify(execFile);
const PEOPLE = { person: { email: 'person@example.com', groups: ['dev'] } };

const specOf = ({ issuer: url }: TestProvider) => ({
  issuers: [
    {
      ...{ url, audiences: [AUDIENCE], user: 'email', groups: 'groups' },
      upstream: { userPrefix: 'oidc:', groupPrefix: 'oidc:', groups: ['dev'] },
    },
  ],
});

t.test('from the start to the stop', async (t) => {
  const binary = kubectl('current');
  const { seen, data, flags } = await world(t);
  const provider = await startProvider(t, PEOPLE);
  const inside = (name: string) => join(data, name);
  await writeFile(inside('gateway.yaml'), configurationOf(specOf(provider)), { mode: 0o644 });
  const authority = await createAuthority(new Date());
  const pair = await issueServerCertificate(authority, new Date());
  await writeFile(inside('ca.crt'), authority.certificate);
  await writeFile(inside('tls.crt'), pair.certificate);
  await writeFile(inside('tls.key'), pair.key, { mode: 0o600 });
  const upstream = flags.slice(0, flags.indexOf('--kube-port'));
  const own = [
    '--config',
    inside('gateway.yaml'),
    '--tls-cert',
    inside('tls.crt'),
    '--tls-key',
    inside('tls.key'),
  ];
  const { printed, stop } = await up(t, data, {
    verb: 'gateway',
    flags: [...upstream, ...own, '--listen', '127.0.0.1:0', '--health-port', '0'],
  });
  const server = /https:\/\/127\.0\.0\.1:\d+/.exec(printed())![0];
  const probes = new URL(/http:\S+\/readyz/.exec(printed())![0]);
  const probe = async (path: string) => {
    const answer = await fetch(new URL(path, probes));
    return [answer.status, await answer.text()];
  };
  t.same(await probe('/livez'), [200, 'ok\n']);
  t.same(await probe('/readyz'), [200, 'ok\n']);
  t.same((await probe('/metrics'))[0], 404);

  if (binary !== null) {
    const trust = ['--server', server, '--certificate-authority', inside('ca.crt')];
    const env = { HOME: data, KUBECONFIG: inside('none') };
    const call = (token: string) =>
      run(binary, [...trust, '--token', token, 'get', '--raw', '/version'], { env });
    t.match(JSON.parse((await call(await provider.token('person'))).stdout), { path: '/version' });
    t.match(await call('nonsense').catch((error) => error), { stderr: /Unauthorized|logged in/ });
    t.match(seen, [{ url: '/version', authorization: `Bearer ${UPSTREAM_TOKEN}` }]);
  }
  t.equal(await stop(), 0);
  const { stdout } = await chaperone(['sessions', '--data', data, '--json']);
  if (binary !== null)
    t.match(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
      [
        {
          state: 'ended',
          identity: { user: 'person@example.com' },
          entrance: { kind: 'api', as: { user: 'oidc:person@example.com' } },
        },
      ],
    );
  t.equal((await chaperone(['verify', '--data', data])).status, 0);
});

t.test('with an authority of its own, for the names that it is called by', async (t) => {
  const { data, flags } = await world(t);
  const provider = await startProvider(t, PEOPLE);
  await writeFile(join(data, 'gateway.yaml'), configurationOf(specOf(provider)), { mode: 0o644 });
  const { printed } = await up(t, data, {
    verb: 'gateway',
    flags: [
      ...flags.slice(0, flags.indexOf('--kube-port')),
      ...['--config', join(data, 'gateway.yaml'), '--listen', '127.0.0.1:0', '--health-port', '0'],
      ...['--name', 'gateway.test', '192.0.2.7'],
    ],
  });
  const port = Number(/https:\/\/127\.0\.0\.1:(\d+)/.exec(printed())![1]);
  const ca = await readFile(join(data, 'kube/authority.crt'), 'utf8');
  const reaches = (servername: string) =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, ca, servername });
      socket.once('secureConnect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('secureConnect', () => socket.destroy());
    });
  t.equal(await reaches('gateway.test'), true);
  t.equal(await reaches('other.test'), false);
});

t.test('what cannot be started is one clear line', async (t) => {
  const { data, flags } = await world(t);
  const provider = await startProvider(t, PEOPLE);
  const file = join(data, 'gateway.yaml');
  const good = configurationOf(specOf(provider));
  const upstream = flags.slice(0, flags.indexOf('--kube-port'));
  const start = (...more: string[]) =>
    chaperone([
      'gateway',
      '--data',
      data,
      '--port',
      '0',
      '--health-port',
      '0',
      '--listen',
      '127.0.0.1:0',
      ...more,
    ]);
  const refused = async (status: number, words: RegExp, ...more: string[]) => {
    const result = await start(...more);
    t.equal(result.status, status, result.stderr);
    t.match(result.stderr, words);
    t.match(result.stderr, /^chaperone: .*\n$/, 'one line');
  };
  await refused(2, /--config/);
  await refused(3, /no such file/, '--config', file, ...upstream);
  await writeFile(file, good.replace('oidc:', 'system:'), { mode: 0o644 });
  await refused(1, /gateway\.yaml:1:\d+: .*not a prefix/, '--config', file, ...upstream);
  await writeFile(`${file}.new`, good, { mode: 0o644 });
  await rename(`${file}.new`, file);
  await refused(2, /belong together/, '--config', file, ...upstream, '--tls-cert', file);
  await refused(
    2,
    /no certificate with its key/,
    '--config',
    file,
    ...upstream,
    '--tls-cert',
    file,
    '--tls-key',
    file,
  );
  await refused(2, /needs --context/, '--config', file);
  const { chmod } = await import('node:fs/promises');
  await chmod(file, 0o666);
  await refused(4, /others can write/, '--config', file, ...upstream);
});
