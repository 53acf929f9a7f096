/** `chaperone blame`: hooks, a guarded shell and real kubectl, from a change of the cluster back to the prompt. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { stringify } from 'yaml';
import type { Blame } from '../../recorder/server/api.ts';
import { kubectl } from '../kubectl.ts';
import { told } from '../sidecar/cursor/told.ts';
import { serve, UPSTREAM_TOKEN } from '../sidecar/kube/proxy/world.ts';
import { needs } from '../tool.ts';
import { chaperone, temporary, up } from './program.ts';

const POLICY = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: team }
spec: { defaults: { commands: allow, tools: allow, api: allow, unknown: allow } }
`;
const DEPLOYMENT = '/apis/apps/v1/namespaces/shop/deployments/web';

/** As much of an API server as `kubectl scale` asks for. */
async function cluster(t: Parameters<typeof serve>[0], data: string): Promise<string[]> {
  let replicas = 1;
  const upstream = await serve(t, async (request, response) => {
    const { method, url = '' } = request;
    const [path] = url.split('?');
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const write = method === 'PATCH' || method === 'PUT';
    const wanted = write ? JSON.parse(body).spec.replicas : replicas;
    if (write && !url.includes('dryRun')) replicas = wanted;
    const meta = {
      name: 'web',
      namespace: 'shop',
      uid: '0e5f3f7e-8f0c-4e55-9b2f-5a3d8f6c1a2b',
      resourceVersion: '7',
    };
    const scale = { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: meta, spec: { replicas: wanted } };
    const deployment = {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: meta,
      spec: { replicas: wanted },
    };
    const names = ['deployments', 'deployments/scale'];
    const resources = names.map((name) => ({
      ...{ name, singularName: name === 'deployments' ? 'deployment' : '', namespaced: true },
      ...(name === 'deployments'
        ? { kind: 'Deployment' }
        : { kind: 'Scale', group: 'autoscaling', version: 'v1' }),
      verbs: ['get', 'patch', 'update'],
    }));
    const version = { groupVersion: 'apps/v1', version: 'v1' };
    const answers: Record<string, unknown> = {
      '/api': { kind: 'APIVersions', versions: ['v1'] },
      '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [] },
      '/apis': {
        ...{ kind: 'APIGroupList', apiVersion: 'v1' },
        groups: [{ name: 'apps', versions: [version], preferredVersion: version }],
      },
      '/apis/apps/v1': { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'apps/v1', resources },
      [DEPLOYMENT]: deployment,
      [`${DEPLOYMENT}/scale`]: scale,
    };
    const found = answers[path!];
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 }));
  });
  const file = join(data, 'upstream.kubeconfig');
  const authority = Buffer.from(upstream.authority).toString('base64');
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config' },
    clusters: [
      {
        name: 'real',
        cluster: { server: upstream.source.server.origin, 'certificate-authority-data': authority },
      },
    ],
    users: [{ name: 'me', user: { token: UPSTREAM_TOKEN } }],
    contexts: [{ name: 'prod', context: { cluster: 'real', user: 'me', namespace: 'shop' } }],
  };
  await writeFile(file, stringify(config));
  return ['--context', 'prod', '--kubeconfig', file, '--kube-port', '0'];
}

t.test('prompt "scale web" → blame deployment/web', async (t) => {
  const binary = kubectl('current');
  if (!needs(t, 'cc') || binary === null) {
    t.pass('no compiler, or no kubectl for this machine');
    return;
  }
  const data = await temporary(t);
  const project = await temporary(t);
  await writeFile(join(data, 'policy.yaml'), POLICY, { mode: 0o600 });
  const { stop, url } = await up(t, data, { flags: await cluster(t, data) });
  const run = (...args: string[]) => chaperone([...args, '--data', data]);
  const printed = JSON.parse((await run('hooks', 'print')).stdout);
  const { command } = printed.hooks.preToolUse[0];
  const ask = (event: string, own: object) =>
    new Promise<void>((resolve, reject) => {
      const child = execFile('/bin/sh', ['-c', `exec ${command}`], (error) =>
        error ? reject(error) : resolve(),
      );
      child.stdin!.end(told(event, own, { workspace_roots: [project], user_email: 'ada@shop.example' }));
    });

  t.match(await run('blame', 'deployment/web'), {
    status: 3,
    stdout: '',
    stderr: /nothing is known of deployment\/web/,
  });

  const line = `${binary} scale deployment/web --replicas=3`;
  await ask('beforeSubmitPrompt', { prompt: 'scale web' });
  await ask('preToolUse', { tool_name: 'Shell', tool_input: { command: line }, cwd: project });
  await ask('beforeShellExecution', { command: line, cwd: project });
  const scaled = await chaperone(['shell', '--data', data, '--', 'bash', '-c', line], { cwd: project });
  t.match(scaled, { status: 0, stdout: /deployment.apps\/web scaled/ }, scaled.stderr);
  await ask('afterShellExecution', { command: line, output: scaled.stdout, duration: 300 });

  const json = JSON.parse((await run('blame', 'deploy/web', '-n', 'shop', '--json')).stdout) as Blame;
  t.match(json, { more: false, chains: { length: 1 } });
  const [{ links, changed, sent, findings, outcome }] = json.chains as [Blame['chains'][0]];
  t.same(
    links.map(({ kind, proof, basis }) => `${kind} ${proof} ${basis}`),
    [
      'person hook hook',
      'conversation hook hook',
      'prompt hook hook',
      'act hook hook',
      'command hook matched',
      'request claimed named',
      'object recorded recorded',
    ],
  );
  t.match(links[0]!.text, /ada@shop\.example/);
  t.equal(links[2]!.text, 'scale web');
  t.match(links[6]!.text, 'deployments.apps shop/web (uid 0e5f3f7e-');
  t.equal(outcome, 'done');
  t.match(sent, /"replicas":3/);
  t.match(JSON.stringify(changed ?? sent), /replicas/);
  t.same(findings, []);
  t.same(
    (JSON.parse((await run('blame', '0e5f3f7e-8f0c-4e55-9b2f-5a3d8f6c1a2b', '--json')).stdout) as Blame)
      .chains,
    json.chains,
  );
  t.equal(
    (JSON.parse((await run('blame', `${DEPLOYMENT}/scale`, '--json')).stdout) as Blame).chains.length,
    1,
  );
  t.match(await run('blame', 'deploy/web', '-n', 'other'), { status: 3 });
  t.match(await run('blame', 'deploy/web', '--since', '2200-01-01'), { status: 3 });
  t.match(await run('blame', 'deploy/web', '--since', 'yesterday'), { status: 2 });
  t.match(await run('blame', 'deploy/web', '--limit', '0'), { status: 2 });

  const shown = (await run('blame', 'deployment/web')).stdout;
  t.match(shown, /for +ada@shop\.example .*\n.*conversation-1.*\n +prompt +scale web +\(Cursor's hook\)/);
  t.match(shown, new RegExp(`${url}/sessions/[0-9A-Z]{26}\\?t=`));
  t.match(await run('blame', line), { status: 0, stdout: /prompt +scale web/ });
  t.equal(await stop(), 0);

  const offline = await run('blame', 'deployment/web');
  t.match(offline, { status: 0, stdout: /prompt +scale web +\(Cursor's hook\) +[0-9A-Z]{26}#1\n/ });
  t.match(await run('verify'), { status: 0 });
});
