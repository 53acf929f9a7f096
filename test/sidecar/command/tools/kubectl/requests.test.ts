/**
 * What a real kubectl asks of an API server is what was told from its line: every write, and nothing was told that
 * it does not ask for.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ApiIntent } from '../../../../../sidecar/action.ts';
import { kubectl } from '../../../../kubectl.ts';
import { look } from '../../look.ts';
import { shown } from '../intents.ts';
import { LATER, LINES } from './lines.ts';
import { type Asked, type StandIn, startStandIn } from './stand-in.ts';

const LONG = process.env.CHAPERONE_LONG !== undefined;
if (LONG) t.setTimeout(5 * 60_000);
const AGES = LONG ? (['current', 'old'] as const) : (['current'] as const);
const READS = new Set(['get', 'list', 'watch']);
const COLLECTIONS = new Set(['list', 'watch', 'deletecollection']);
const STREAMS = new Set(['exec', 'attach', 'portforward']);

const fits = (told: string | null, asked: string) => told === null || told === asked;

/** `deletecollection` is told of `--all`, where kubectl lists and deletes one by one. */
function covers(told: ApiIntent, asked: Asked): boolean {
  const whole = told.name === '' && COLLECTIONS.has(told.verb ?? '');
  return (
    (fits(told.verb, asked.verb) ||
      (told.verb === 'deletecollection' && asked.verb === 'delete') ||
      STREAMS.has(asked.subresource)) &&
    fits(told.group, asked.group) &&
    fits(told.resource, asked.resource) &&
    fits(told.subresource, asked.subresource) &&
    (fits(told.namespace, asked.namespace) || (whole && told.namespace === '')) &&
    (fits(told.name, asked.name) || asked.name === '' || whole) &&
    (told.dryRun === null || told.dryRun === asked.dryRun)
  );
}

const text = (one: Asked) =>
  `${one.verb} ${one.group}/${one.resource}/${one.subresource} ${one.namespace}:${one.name}${one.dryRun ? ' dry-run' : ''}`;

for (const age of AGES) {
  const program = kubectl(age);
  if (program === null) {
    t.pass('no kubectl for this machine', { skip: 'linux/amd64 only' });
    continue;
  }
  t.test(`kubectl, ${age}`, async (t) => {
    const server = await startStandIn();
    const home = mkdtempSync(join(tmpdir(), 'chaperone-kubectl-'));
    t.teardown(() => {
      server.close();
      rmSync(home, { recursive: true, force: true });
    });
    prepare(home, program, server);
    const lines = age === 'current' ? [...LINES, ...LATER] : LINES;
    for (const line of lines) await compare(t, server, { home, line });
  });
}

/** Its own PATH, configuration and files; no editor changes anything but the one that adds a line. */
function prepare(home: string, program: string, server: StandIn): void {
  mkdirSync(join(home, 'bin'));
  symlinkSync(program, join(home, 'bin/kubectl'));
  const cluster = { name: 'c', cluster: { server: server.url } };
  const context = { name: 'c', context: { cluster: 'c', user: 'u' } };
  const config = {
    clusters: [cluster],
    contexts: [context],
    users: [{ name: 'u', user: {} }],
    'current-context': 'c',
  };
  writeFileSync(join(home, 'config'), JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: 'b' } };
  writeFileSync(join(home, 'settings.yaml'), JSON.stringify(object));
}

async function compare(
  t: Test,
  server: StandIn,
  { home, line }: { home: string; line: string },
): Promise<void> {
  const env = {
    ...{ PATH: `${join(home, 'bin')}:/usr/bin:/bin`, HOME: home, KUBECONFIG: join(home, 'config') },
    KUBE_EDITOR: `sed -i 's/resourceVersion/annotations: {edited: "1"}\\n  resourceVersion/'`,
  };
  const child = spawn('bash', ['-c', line], { env, cwd: home, stdio: 'ignore', timeout: 20_000 });
  await once(child, 'close');
  const asked = server.take();
  const told = look(line).commands.flatMap(({ requests }) => requests);
  t.ok(
    asked.some((one) => told.some((intent) => covers(intent, one))),
    `tells what is asked for: ${line}`,
  );
  const missed = asked.filter(changes).filter((one) => !told.some((intent) => covers(intent, one)));
  t.strictSame(missed.map(text), [], `tells every write: ${line}`);
  const idle = told.filter((one) => one.certain && !asked.some((other) => covers(one, other)));
  // What is there is patched, what is not is created: the line does not tell which. And --rm follows an attach, which
  // the stand-in refuses.
  if (!/ apply | --rm /.test(line)) t.strictSame(idle.map(shown), [], `tells no more: ${line}`);
}

function changes({ verb, subresource }: Asked): boolean {
  return !READS.has(verb) || STREAMS.has(subresource);
}
