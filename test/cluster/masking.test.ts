/** Secrets of a real cluster, by a real kubectl: what the agent gets, and what is stored. */
import t from 'tap';
import { AuditLog } from '../../recorder/log/audit-log.ts';
import { guarded, IMAGE } from './guarded.ts';

t.setTimeout(240_000);

const VALUE = `correct-horse-${process.pid}-battery`;
const ENCODED = Buffer.from(VALUE).toString('base64');
const MASKED = /\[chaperone-masked:[0-9a-f]{11}\]/;

const HIDDEN = `---
apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: hidden }
spec: { defaults: { api: allow }, masking: { secrets: { agent: true } } }
`;

const secret = (name: string, value: string) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { password: value } });
const pod = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'prints' },
  spec: {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'c',
        image: IMAGE,
        imagePullPolicy: 'IfNotPresent',
        command: ['sh', '-c', 'echo "logs $P"; sleep 600'],
        env: [{ name: 'P', valueFrom: { secretKeyRef: { name: 'applied', key: 'password' } } }],
      },
    ],
  },
});

/** Without the column AGE of a table, which may be a second further in the next one. */
const ageless = (text: string) => (text.startsWith('NAME ') ? text.replace(/\S+$/gm, '') : text);

/** All that is stored, once it is over. */
async function stored(data: string): Promise<string> {
  const log = await AuditLog.open({ data });
  let text = '';
  const { sessions } = await log.sessions();
  for (const { id } of sessions) {
    for await (const { event, content } of log.events(id)) {
      text += JSON.stringify(event) + Buffer.from(content ?? []).toString('latin1');
    }
  }
  await log.close();
  return text;
}

t.test('by default: whole for the agent, without values in the record', async (t) => {
  const { through, past, data, stop } = await guarded(t);
  const done = async (args: string[], input = '') => {
    const ran = await through(args, input);
    t.equal(ran.status, 0, `${args.join(' ')}: ${ran.stderr}`);
    return ran.stdout;
  };
  await done(['apply', '-f', '-'], secret('applied', VALUE));
  await done(['apply', '--server-side', '-f', '-'], secret('ssa', VALUE));
  await done(['create', 'secret', 'generic', 'made', `--from-literal=password=${VALUE}`]);
  await done([
    'patch',
    'secret',
    'made',
    '--type=json',
    '-p',
    `[{"op":"add","path":"/data/b","value":"${ENCODED}"}]`,
  ]);
  for (const args of [
    ['get', 'secrets', '-o', 'yaml', '--show-managed-fields'],
    ['get', 'secret', 'applied', '-o', 'json'],
    ['get', 'secrets'],
    ['describe', 'secret', 'applied'],
  ]) {
    const [ours, theirs] = [await done(args), (await past(args)).stdout];
    t.ok(ageless(ours) === ageless(theirs), args.join(' '));
  }
  await done(['apply', '-f', '-'], pod);
  await done(['wait', '--for=condition=Ready', 'pod/prints', '--timeout=120s']);
  t.equal(
    await done(['exec', 'prints', '--', 'sh', '-c', 'echo "$P" | base64; echo "$P"']),
    `${Buffer.from(`${VALUE}\n`).toString('base64')}\n${VALUE}\n`,
  );
  t.equal(await done(['logs', 'prints']), `logs ${VALUE}\n`);
  await done(['exec', 'prints', '--', 'echo', `p=${VALUE}`]);
  await stop();
  const text = await stored(data);
  t.notMatch(text, VALUE);
  t.notMatch(text, ENCODED.slice(0, -4));
  t.match(text, 'W2NoYXBlcm9uZS1tYXNrZWQ6');
  t.match(text, `logs ${'*'.repeat(VALUE.length)}\\n`.slice(0, -2));
});

t.test('where policy hides them: masks for the agent too, which it cannot write back', async (t) => {
  const { through, past, data, stop } = await guarded(t, HIDDEN);
  await past(['apply', '-f', '-'], secret('applied', VALUE));
  for (const args of [
    ['get', 'secret', 'applied', '-o', 'yaml'],
    ['get', 'secrets', '-o', 'json'],
    ['get', '--raw', '/api/v1/secrets'],
  ]) {
    const ran = await through(args);
    t.equal(ran.status, 0, ran.stderr);
    t.notMatch(ran.stdout, VALUE);
    t.notMatch(ran.stdout, ENCODED);
    t.match(ran.stdout, 'W2NoYXBlcm9uZS1tYXNrZWQ6');
  }
  const decoded = await through([
    'get',
    'secret',
    'applied',
    '-o',
    'go-template={{.data.password|base64decode}}',
  ]);
  t.match(decoded.stdout, MASKED);
  const back = await through([
    'patch',
    'secret',
    'applied',
    '-p',
    JSON.stringify({ stringData: { password: decoded.stdout } }),
  ]);
  t.equal(back.status, 1);
  t.match(back.stderr, /the body carries a mask/);
  const others = await through([
    'patch',
    'secret',
    'applied',
    '-p',
    '{"stringData":{"other":"another-value-1"}}',
  ]);
  t.equal(others.status, 0, others.stderr);
  t.equal((await past(['get', 'secret', 'applied', '-o', 'jsonpath={.data.password}'])).stdout, ENCODED);
  await past(['apply', '-f', '-'], pod);
  await past(['wait', '--for=condition=Ready', 'pod/prints', '--timeout=120s']);
  t.match((await through(['logs', 'prints'])).stdout, /^logs \*+\n$/);
  t.match((await through(['exec', 'prints', '--', 'sh', '-c', 'echo "$P"'])).stdout, /^\*+\n$/);
  await stop();
  t.notMatch(await stored(data), VALUE);
});
