/**
 * `chaperone gateway` before a real API server: people of a real provider and real projected tokens go on by
 * impersonation on a credential that may do that and nothing else, and RBAC decides what they may.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { parse } from 'yaml';
import { systemClock } from '../../sidecar/clock.ts';
import { type WorkloadCheck, workloads } from '../../sidecar/identity/workloads.ts';
import { fromContext } from '../../sidecar/kube/upstream/context.ts';
import { Upstream } from '../../sidecar/kube/upstream/upstream.ts';
import { chaperone, temporary, up } from '../e2e/program.ts';
import { AUDIENCE, startProvider } from '../sidecar/kube/gateway/provider.ts';
import { ALLOW_ALL, configurationOf } from '../sidecar/kube/gateway/world.ts';
import { BINARY, IMAGE } from './guarded.ts';

const REAL = process.env.KUBECONFIG ?? '';
const namespace = `chaperone-test-${randomBytes(4).toString('hex')}`;
const run = promisify(execFile);
const data = await temporary(t);

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

async function call(args: string[], input = ''): Promise<Ran> {
  const ran = run(BINARY, args, { env: { HOME: data, PATH: process.env.PATH }, maxBuffer: 64 << 20 });
  ran.child.stdin?.on('error', () => {}).end(input);
  return ran.then(
    (done) => ({ ...done, code: 0 }),
    (error) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
  );
}

/** Past the gateway, for setting up. */
async function past(args: string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await call(['--kubeconfig', REAL, '-n', namespace, ...args], input);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

const rbac = (kind: string, name: string, more: object) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  ...{ kind, metadata: { name, ...(kind.startsWith('Cluster') ? {} : { namespace }) } },
  ...more,
});
const roleRef = (kind: string, name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });
const rule = (apiGroups: string[], resources: string[], verbs: string[], resourceNames?: string[]) => ({
  ...{ apiGroups, resources, verbs },
  ...(resourceNames && { resourceNames }),
});
const EXTRA = ['pod-name', 'pod-uid'].map((name) => `userextras/authentication.kubernetes.io/${name}`);
const gatewayRole = `${namespace}-gateway`;

const SETUP = [
  ...['gateway', 'cursor', 'other'].map((name) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
  })),
  rbac('ClusterRole', gatewayRole, {
    rules: [
      rule([''], ['users'], ['impersonate']),
      rule([''], ['groups'], ['impersonate'], ['oidc:dev']),
      rule([''], ['serviceaccounts'], ['impersonate'], ['cursor']),
      rule(['authentication.k8s.io'], ['uids', ...EXTRA], ['impersonate']),
    ],
  }),
  ...[gatewayRole, 'system:auth-delegator'].map((role, at) =>
    rbac('ClusterRoleBinding', `${gatewayRole}-${at}`, {
      roleRef: roleRef('ClusterRole', role),
      subjects: [{ kind: 'ServiceAccount', name: 'gateway', namespace }],
    }),
  ),
  rbac('Role', 'reader', { rules: [rule([''], ['configmaps'], ['get', 'list'])] }),
  rbac('RoleBinding', 'readers', {
    roleRef: roleRef('Role', 'reader'),
    subjects: [
      { kind: 'Group', name: 'oidc:dev', apiGroup: 'rbac.authorization.k8s.io' },
      { kind: 'ServiceAccount', name: 'cursor', namespace },
    ],
  }),
];

t.teardown(async () => {
  await past([
    'delete',
    'clusterrole,clusterrolebinding',
    gatewayRole,
    `${gatewayRole}-0`,
    `${gatewayRole}-1`,
    '--ignore-not-found',
  ]);
  await past(['delete', 'namespace', namespace, '--wait=false']);
});
await past(['create', 'namespace', namespace]);
await past(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: SETUP }));
const tokenFor = (name: string, ...more: string[]) =>
  past(['create', 'token', name, '--audience', 'chaperone', '--duration', '10m', ...more]);

/** A kubeconfig of the gateway's own ServiceAccount. */
async function ownKubeconfig(): Promise<string> {
  const text = parse(await past(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'yaml']));
  const token = await past(['create', 'token', 'gateway', '--duration', '1h']);
  const file = join(data, 'gateway.kubeconfig');
  const [context] = text.contexts;
  text.users = [{ name: context.context.user, user: { token } }];
  await writeFile(file, JSON.stringify(text), { mode: 0o600 });
  return file;
}

const file = await ownKubeconfig();
const provider = await startProvider(t, {
  person: { email: 'person@example.com', groups: ['dev', 'system:masters', 'kubeadm:cluster-admins'] },
  sixth: { email: 'sixth@example.com', groups: ['hr'] },
  eve: { email: 'system:admin', groups: ['dev'] },
});

/** The program, on that credential; ServiceAccounts checked in that way. */
async function start(check: WorkloadCheck, directory: string) {
  const inside = (name: string) => join(directory, name);
  const spec = {
    issuers: [
      {
        ...{ url: provider.issuer, audiences: [AUDIENCE], user: 'email', groups: 'groups' },
        upstream: { userPrefix: 'oidc:', groupPrefix: 'oidc:', groups: ['dev', 'ops'] },
      },
    ],
    serviceAccounts: { check, allow: [`${namespace}:cursor`], uid: true, pod: true },
  };
  await writeFile(inside('gateway.yaml'), configurationOf(spec), { mode: 0o600 });
  await writeFile(inside('policy.yaml'), ALLOW_ALL, { mode: 0o600 });
  const { printed, stop } = await up(t, directory, {
    verb: 'gateway',
    flags: [
      ...['--kubeconfig', file, '--config', inside('gateway.yaml')],
      ...['--listen', '127.0.0.1:0', '--health-port', '0'],
    ],
  });
  const server = /https:\/\/127\.0\.0\.1:\d+/.exec(printed())![0];
  const base = ['--kubeconfig', '/dev/null', '--server', server, '-n', namespace];
  const trust = ['--certificate-authority', inside('kube/authority.crt')];
  return {
    stop,
    as: (token: string, ...args: string[]) => call([...base, ...trust, '--token', token, ...args]),
  };
}

t.test('people: RBAC decides for who they are, and they are never more', async (t) => {
  const { as, stop } = await start('review', data);
  const [person, sixth, eve] = await Promise.all(
    ['person', 'sixth', 'eve'].map((name) => provider.token(name)),
  );
  const me = JSON.parse((await as(person!, 'auth', 'whoami', '-o', 'json')).stdout);
  t.same(me.status.userInfo, {
    username: 'oidc:person@example.com',
    groups: ['oidc:dev', 'system:authenticated'],
  });
  t.match(await as(person!, 'get', 'configmaps', '-o', 'name'), { code: 0, stdout: /kube-root-ca/ });
  t.match(await as(person!, 'get', 'secrets'), {
    code: 1,
    stderr: /oidc:person@example\.com.*cannot list resource "secrets"/,
  });
  t.match(await as(sixth!, 'get', 'configmaps'), { code: 1, stderr: /oidc:sixth@example\.com.*cannot list/ });
  t.match(await as(eve!, 'get', 'configmaps'), { code: 1, stderr: /Unauthorized|logged in/ });
  for (const flags of [
    ['--as', 'admin'],
    ['--as', 'oidc:person@example.com', '--as-group', 'system:masters'],
    ['--as', 'x', '--as-uid', '0'],
  ])
    t.match(await as(person!, ...flags, 'get', 'secrets'), { code: 1, stderr: /no-impersonation/ });
  t.match(await as(person!, 'create', 'token', 'gateway'), { code: 1, stderr: /no-token-minting/ });

  // As the gateway itself nobody comes: its own token is none for it.
  const own = JSON.parse(await readFile(file, 'utf8')).users[0].user.token;
  t.match(await as(own, 'get', 'configmaps'), { code: 1, stderr: /Unauthorized|logged in/ });
  t.equal(await stop(), 0);
  const { stdout } = await chaperone([
    'export',
    '--all',
    '--format',
    'json',
    '--data',
    data,
    '-o',
    join(data, 'out'),
  ]);
  t.equal((await chaperone(['verify', '--data', data])).status, 0, stdout);
});

t.test('a group that the file gives, and the cluster does not let us give', async (t) => {
  const directory = await temporary(t);
  provider.people.sixth!.groups = ['ops'];
  const { as, stop } = await start('offline', directory);
  const refused = await as(await provider.token('sixth'), 'get', '--raw', '/version');
  t.match(refused, { code: 1, stderr: /cannot impersonate resource "groups"/ });
  t.equal(await stop(), 0);
});

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'worker', namespace },
  spec: {
    ...{ serviceAccountName: 'cursor', restartPolicy: 'Never', terminationGracePeriodSeconds: 0 },
    containers: [{ name: 'c', image: IMAGE, imagePullPolicy: 'IfNotPresent', command: ['sleep', '600'] }],
  },
};
await past(['apply', '-f', '-'], JSON.stringify(pod));
const uid = await past(['get', 'pod', 'worker', '-o', 'jsonpath={.metadata.uid}']);
const ofPod = () =>
  tokenFor(
    'cursor',
    '--bound-object-kind',
    'Pod',
    '--bound-object-name',
    'worker',
    '--bound-object-uid',
    uid,
  );

for (const check of ['review', 'offline'] as const) {
  t.test(`a workload, ${check}: as itself, by a token for us and by no other`, async (t) => {
    const { as, stop } = await start(check, await temporary(t));
    const me = JSON.parse((await as(await ofPod(), 'auth', 'whoami', '-o', 'json')).stdout);
    const { username, groups, extra } = me.status.userInfo;
    t.equal(username, `system:serviceaccount:${namespace}:cursor`);
    t.same(groups.sort(), [
      'system:authenticated',
      'system:serviceaccounts',
      `system:serviceaccounts:${namespace}`,
    ]);
    t.match(extra, {
      'authentication.kubernetes.io/pod-name': ['worker'],
      'authentication.kubernetes.io/pod-uid': [uid],
    });
    const loose = await tokenFor('cursor');
    t.match(await as(loose, 'get', 'configmaps', '-o', 'name'), { code: 0, stdout: /kube-root-ca/ });
    t.match(await as(loose, 'get', 'secrets'), { code: 1, stderr: /cannot list resource "secrets"/ });
    t.match(await as(await tokenFor('other'), 'get', 'configmaps'), {
      code: 1,
      stderr: /may not use this gateway/,
    });
    const forServer = await past(['create', 'token', 'cursor']);
    t.match(await as(forServer, 'get', 'configmaps'), { code: 1, stderr: /Unauthorized|logged in/ });
    const forOthers = await past(['create', 'token', 'cursor', '--audience', 'vault']);
    t.match(await as(forOthers, 'get', 'configmaps'), { code: 1, stderr: /Unauthorized|logged in/ });
    t.equal(await stop(), 0);
  });
}

t.test('a Pod that is gone: a review knows, the keys do not', async (t) => {
  const server = new Upstream(fromContext({ file }));
  t.teardown(() => server.close());
  const ask = (check: WorkloadCheck, token: string) =>
    workloads({ check, audiences: ['chaperone'], server, clock: systemClock }).identify(token);
  const token = await ofPod();
  const wanted = {
    identity: {
      user: `system:serviceaccount:${namespace}:cursor`,
      pod: { namespace, name: 'worker', uid, serviceAccount: 'cursor' },
    },
    uid: await past(['get', 'serviceaccount', 'cursor', '-o', 'jsonpath={.metadata.uid}']),
  };
  t.match(await ask('review', token), wanted);
  t.match(await ask('offline', token), wanted);
  await past(['delete', 'pod', 'worker', '--force', '--grace-period=0']);
  let code = '';
  // The API server itself remembers for some seconds.
  for (let tries = 0; tries < 60 && code === ''; tries++) {
    code = await ask('review', token).then(
      () => '',
      (error) => error.code,
    );
    if (code === '') await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  t.equal(code, 'UNAUTHENTICATED');
  t.match(await ask('offline', token), wanted);
});
