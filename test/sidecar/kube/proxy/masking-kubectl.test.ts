/** Real kubectls and Secrets: what they show, what they send, and what is stored of it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { kubectl } from '../../../kubectl.ts';
import { serve, startWorld, type World } from './world.ts';

const VALUE = 'correct-horse-battery';
const ENCODED = Buffer.from(VALUE).toString('base64');
const APPLIED = JSON.stringify({ kind: 'Secret', stringData: { password: VALUE } });
const SECRET = JSON.stringify({
  kind: 'Secret',
  apiVersion: 'v1',
  metadata: {
    name: 'db',
    namespace: 'agents',
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `${APPLIED}\n` },
    managedFields: [{ manager: 'x', operation: 'Update', fieldsV1: { 'f:data': { 'f:password': {} } } }],
  },
  data: { password: ENCODED, n: 'MQ==' },
  type: 'Opaque',
});
const secrets = { name: 'secrets', singularName: 'secret', namespaced: true, kind: 'Secret', shortNames: [] };
const DISCOVERY: Record<string, unknown> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [{ ...secrets, verbs: ['get', 'list', 'create', 'patch', 'update'] }],
  },
};

interface Sent {
  type: string;
  body: Buffer;
}

/** As much of an API server as kubectl needs for Secrets. */
async function cluster(t: Test) {
  const sent: Sent[] = [];
  const { source, authority } = await serve(t, (request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response);
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '', source.server);
    const body = await buffer(request);
    if (body.length > 0) sent.push({ type: request.headers['content-type'] ?? '', body });
    const found = DISCOVERY[pathname] ?? (pathname.includes('/secrets') ? SECRET : null);
    response.writeHead(found === null ? 404 : request.method === 'POST' ? 201 : 200, {
      'content-type': 'application/json',
    });
    response.end(typeof found === 'string' ? found : JSON.stringify(found ?? { kind: 'Status', code: 404 }));
  }
  return { source, authority, sent };
}

async function run(t: Test, program: string, args: readonly string[]) {
  const home = mkdtempSync(join(tmpdir(), 'chaperone-kubectl-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: join(home, 'none') };
  return promisify(execFile)(program, args, { env }).then(
    ({ stdout, stderr }) => ({ stdout, stderr, status: 0 }),
    ({ stdout, stderr, code }) => ({ stdout, stderr, status: code as number }),
  );
}

async function contents(world: World): Promise<string> {
  let text = '';
  const { sessions } = await world.log.sessions();
  for (const { id } of sessions) {
    for await (const { event, content } of world.log.events(id)) {
      text += JSON.stringify(event) + Buffer.from(content ?? []).toString('latin1');
    }
  }
  return text;
}

const HIDDEN = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: test }
spec: { defaults: { api: allow, unknown: allow }, masking: { secrets: { agent: true } } }
`;

for (const age of ['old', 'current'] as const) {
  const program = kubectl(age);
  if (program === null) {
    t.pass('no kubectl for this machine', { skip: 'linux/amd64 only' });
    continue;
  }

  t.test(`${age}: a Secret is shown as it is, and stored without its values`, async (t) => {
    const { source, sent } = await cluster(t);
    const world = await startWorld(t, source);
    const through = (...args: string[]) => run(t, program, ['--kubeconfig', world.kube.kubeconfig, ...args]);
    const yaml = await through('get', 'secret', 'db', '-o', 'yaml', '--show-managed-fields');
    t.equal(yaml.status, 0, yaml.stderr);
    t.match(yaml.stdout, `  password: ${ENCODED}\n`);
    t.match(yaml.stdout, VALUE, 'in what was applied last');
    const raw = await through('get', '--raw', '/api/v1/namespaces/agents/secrets/db');
    t.equal(raw.stdout, SECRET, 'byte for byte');
    const made = await through('create', 'secret', 'generic', 'new', `--from-literal=p=${VALUE}`);
    t.equal(made.status, 0, made.stderr);
    t.ok(
      sent.some(({ body }) => body.includes(VALUE) || body.includes(ENCODED)),
      'it goes on in clear',
    );
    const { admitted } = await world.evidence();
    t.match(admitted.find(({ method }) => method === 'POST')?.body, {
      masked: true,
      type: 'application/json',
    });
    const stored = await contents(world);
    t.notMatch(stored, VALUE);
    t.notMatch(stored, ENCODED);
    t.match(stored, 'W2NoYXBlcm9uZS1tYXNrZWQ6');
  });

  t.test(`${age}: where policy hides them, kubectl shows masks and cannot write them back`, async (t) => {
    const { source, sent } = await cluster(t);
    const world = await startWorld(t, source, { policy: HIDDEN });
    const through = (...args: string[]) => run(t, program, ['--kubeconfig', world.kube.kubeconfig, ...args]);
    const shown = await through('get', 'secret', 'db', '-o', 'yaml');
    t.notMatch(shown.stdout, VALUE);
    const template = '{{.data.password | base64decode}}';
    const decoded = await through('get', 'secret', 'db', '-o', 'go-template', '--template', template);
    t.match(decoded.stdout, /^\[chaperone-masked:[0-9a-f]{11}\]$/, 'clients decode it');
    const patch = JSON.stringify({ stringData: { password: decoded.stdout } });
    const refused = await through('patch', 'secret', 'db', '--type=merge', '-p', patch);
    t.equal(refused.status, 1);
    t.match(refused.stderr, /chaperone: the body carries a mask/);
    t.same(sent, []);
  });
}
