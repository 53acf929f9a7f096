/**
 * The API proxy in front of a real cluster: `KUBECONFIG=… npm run test:cluster`. `CHAPERONE_TEST_AUDIT_LOG` is the API
 * server's own audit log, where it can be read.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import t from 'tap';
import type { AuditEvent, BodyOf } from '../../recorder/audit/event.ts';
import { chaperone } from '../e2e/program.ts';
import { BINARY, guarded, IMAGE, OLD } from './guarded.ts';

const { through, past, data, stop, namespace, kubeconfig } = await guarded(t);

const configMap = (value: string) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { value } });

t.test('kubectl of both ages reads what it reads without us', async (t) => {
  for (const program of [BINARY, OLD]) {
    for (const args of [
      ['get', 'namespace', namespace, '-o', 'json'],
      ['get', '--raw', '/openapi/v2'],
      ['api-resources', '-o', 'name'],
    ]) {
      const [ours, theirs] = [await through(args, '', program), await past(args, '', program)];
      t.equal(ours.status, 0, ours.stderr);
      t.ok(ours.stdout === theirs.stdout, args.join(' '));
    }
  }
});

t.test('writes of all kinds arrive', async (t) => {
  const done = async (args: string[], input = '') => {
    const ran = await through(args, input);
    t.equal(ran.status, 0, `${args.join(' ')}: ${ran.stderr}`);
    return ran.stdout;
  };
  await done(['apply', '-f', '-'], configMap('one'));
  await done(['apply', '--server-side', '--force-conflicts', '-f', '-'], configMap('two'));
  t.equal(await done(['get', 'configmap', 'settings', '-o', 'jsonpath={.data.value}']), 'two');
  await done(['label', 'configmap', 'settings', 'team=x']);
  await done(['delete', 'configmap', 'settings', '--dry-run=server']);
  await done(['get', 'configmap', 'settings']);
  await done(['delete', 'configmap', 'settings']);
  t.equal((await through(['get', 'configmap', 'settings'])).status, 1);
  await done(['create', 'secret', 'generic', 'db', '--from-literal=password=hunter2']);
});

t.test('what the default policy refuses stays', async (t) => {
  const refused = await through(['delete', 'namespace', namespace]);
  t.equal(refused.status, 1);
  t.match(refused.stderr, /forbidden.*no-cluster-deletion/s);
  t.equal((await past(['get', 'namespace', namespace, '-o', 'jsonpath={.status.phase}'])).stdout, 'Active');
});

t.test('a watch tells as it happens', async (t) => {
  const env = { KUBECONFIG: kubeconfig, HOME: '/nonexistent' };
  const args = ['-n', namespace, 'get', 'configmaps', '-w', '-o', 'name'];
  const watch = spawn(BINARY, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  watch.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const says = async (wanted: string) => {
    while (!text.includes(wanted)) await once(watch.stdout, 'data');
  };
  await says('kube-root-ca.crt');
  for (const name of ['first', 'second']) {
    await past(['create', 'configmap', name]);
    await says(`configmap/${name}`);
  }
  watch.kill();
  await once(watch, 'exit');
  t.match(text, /first\n.*second/s);
});

t.test('logs -f follows to the end', async (t) => {
  const script = 'i=0; while [ $i -lt 5 ]; do i=$((i+1)); echo line $i; sleep 0.3; done';
  const container = {
    name: 'c',
    image: IMAGE,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', script],
  };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'counter' },
    spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 0, containers: [container] },
  };
  t.equal((await through(['create', '-f', '-'], JSON.stringify(pod))).status, 0);
  const started = await through([
    'wait',
    'pod/counter',
    '--for=jsonpath={.status.startTime}',
    '--timeout=60s',
  ]);
  t.equal(started.status, 0, started.stderr);
  let logs = await through(['logs', '-f', 'counter', '--pod-running-timeout=60s']);
  for (let tries = 0; logs.status !== 0 && tries < 30; tries++)
    logs = await through(['logs', '-f', 'counter']);
  t.equal(logs.stdout, [1, 2, 3, 4, 5].map((n) => `line ${n}\n`).join(''));
});

t.test('all of it is on record, and joins the cluster’s own audit log', async (t) => {
  t.equal(await stop(), 0);
  t.equal((await chaperone(['verify', '--data', data])).status, 0);
  const { stdout } = await chaperone(['export', 'last', '--format', 'json', '--data', data]);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditEvent | { event: AuditEvent });
  const bodies = events.map((line) => ('event' in line ? line.event.body : line.body));
  const of = <T extends 'request.admitted' | 'request.ended'>(type: T) =>
    bodies.filter((body): body is BodyOf<T> => body?.type === type);
  const [admitted, ended] = [of('request.admitted'), of('request.ended')];
  t.same(ended.map(({ id }) => id).sort(), admitted.map(({ id }) => id).sort(), 'each request ended');
  t.ok(
    ended.some(({ outcome }) => outcome === 'cancelled'),
    'the watch',
  );
  t.ok(
    admitted.some(({ request, body }) => request.resource === 'secrets' && body?.masked === true),
    'the Secret, sent as protobuf and masked',
  );
  const refusals = admitted.filter(({ allowed }) => !allowed);
  t.match(refusals, [{ request: { verb: 'delete', resource: 'namespaces' } }]);

  const path = process.env.CHAPERONE_TEST_AUDIT_LOG;
  if (path === undefined) return;
  const theirs = new Map<string, { verb: string; requestURI: string }>();
  for (const line of (await readFile(path, 'utf8')).trim().split('\n')) {
    const entry = JSON.parse(line);
    theirs.set(entry.auditID, entry);
  }
  const joined = admitted.filter(({ allowed, request }) => allowed && request.resource !== '');
  t.ok(joined.length > 10);
  for (const { id, uri, request } of joined) {
    t.match(theirs.get(id), { requestURI: uri, verb: request.verb }, `${request.verb} ${uri}`);
  }
  t.notOk(
    refusals.some(({ id }) => theirs.has(id)),
    'what was refused never arrived',
  );
});
