/** Rules over what runs inside pods: asked of the request, and of every command that then runs there. */
import t from 'tap';
import type { Effect } from '../../../recorder/audit/decision.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { KubeAction, RemotePlace } from '../../../sidecar/action.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { placeOf } from '../../../sidecar/kube/remote/exec.ts';
import { decide } from '../../../sidecar/policy/decide.ts';
import { PolicySet } from '../../../sidecar/policy/policy-set.ts';
import { policySchema } from '../../../sidecar/policy/schema.ts';
import { request } from './request.ts';

const AGENT: Identity = { user: 'agent', groups: [], proof: 'claimed' };
const OPEN = { api: 'allow', commands: 'allow', unknown: 'deny' };

const rule = (effect: Effect, match: object) => ({ name: effect, effect, match, reason: 'because.' });

function setOf(spec: object): PolicySet {
  const head = { apiVersion: 'chaperone.dev/v1alpha1', kind: 'AgentPolicy', metadata: { name: 'p' } };
  return new PolicySet([policySchema.parse({ ...head, spec })]);
}

/** An exec of `argv`, with parameters such as `stdin` and `container=app` behind it. */
function exec(argv: string, ...parameters: string[]): KubeAction {
  return request('create pods/exec shop/web', {
    parameters: [
      ...argv.split(' ').map((word) => ['command', word] as const),
      ...parameters.map((one) => [one.split('=')[0]!, one.split('=')[1] ?? 'true'] as const),
    ],
  });
}

const attach = (...parameters: string[]) => ({
  ...exec('', ...parameters),
  request: request('create pods/attach shop/web').request,
});
const FORWARD = request('create pods/portforward shop/web');
const DEBUG = request('patch pods/ephemeralcontainers shop/web');

const ofRequest = (spec: object, action: KubeAction) => decide(setOf(spec), action, AGENT);
const ofLine = (spec: object, line: string, remote?: RemotePlace) =>
  decide(setOf(spec), { ...analyse(line, { cwd: '/' }), ...(remote && { remote }) }, AGENT);

t.test('each condition on the place and the way in', async (t) => {
  const cases: [match: object, yes: KubeAction[], no: KubeAction[], maybe?: KubeAction[]][] = [
    [
      { kinds: ['exec'] },
      [exec('ls')],
      [attach(), FORWARD, DEBUG, request('get pods shop/web'), request('get pods/log shop/web')],
    ],
    [{ kinds: ['attach', 'portforward'] }, [attach(), FORWARD], [exec('ls'), DEBUG]],
    [{ kinds: ['debug'] }, [DEBUG], [exec('ls'), request('get pods/ephemeralcontainers shop/web')]],
    [{ namespaces: ['sh*'] }, [exec('ls'), attach(), FORWARD, DEBUG], [request('delete pods shop/web')]],
    [{ namespaces: ['prod'] }, [], [exec('ls'), FORWARD]],
    [{ pods: ['web', 'db'] }, [exec('ls')], [request('create pods/exec shop/api')]],
    [
      { containers: ['app'] },
      [exec('ls', 'container=app')],
      [exec('ls', 'container=log')],
      [exec('ls'), DEBUG],
    ],
    [{ containers: ['*'] }, [exec('ls', 'container=x'), exec('ls'), FORWARD, DEBUG], []],
    [{ tty: true }, [exec('ls', 'tty'), attach('tty')], [exec('ls', 'stdin'), FORWARD], [DEBUG]],
    [{ stdin: false }, [exec('ls'), FORWARD], [exec('ls', 'stdin')], [DEBUG]],
    [{ pods: ['*'], unless: { kinds: ['portforward'] } }, [exec('ls')], [FORWARD]],
  ];
  for (const [match, yes, no, maybe = []] of cases) {
    const spec = { defaults: OPEN, exec: [rule('ask', match)] };
    const shown = (action: KubeAction) => `${JSON.stringify(match)} ${JSON.stringify(action.request)}`;
    for (const action of yes)
      t.match(ofRequest(spec, action), { effect: 'ask', rule: 'p/ask' }, shown(action));
    for (const action of no) t.match(ofRequest(spec, action), { effect: 'allow' }, shown(action));
    for (const action of maybe) t.match(ofRequest(spec, action), { rule: 'default/unknown' }, shown(action));
  }
});

t.test('a refusal by command holds for the argv and for what is sent into it', async (t) => {
  const spec = {
    defaults: OPEN,
    exec: [rule('deny', { namespaces: ['shop'], command: { program: ['rm'], deletes: ['/data/**'] } })],
  };
  t.match(ofRequest(spec, exec('rm -rf /data/x')), { effect: 'deny', rule: 'p/deny' });
  t.match(ofRequest(spec, exec('rm -rf /tmp/x')), { effect: 'allow' });
  const shell = exec('sh', 'stdin');
  t.match(ofRequest(spec, shell), { effect: 'allow' }, 'nothing is known of what will come');
  const there = placeOf(shell);
  t.match(ofLine(spec, 'cd /data && rm x', there), { effect: 'deny', rule: 'p/deny' });
  t.match(ofLine(spec, 'rm /tmp/x', there), { effect: 'allow' });
  t.match(ofLine(spec, 'rm /data/x'), { effect: 'allow' }, 'here it is another /data');
  t.match(ofLine(spec, 'rm /data/x', { ...there!, namespace: 'other' }), { effect: 'allow' });
  t.match(ofLine(spec, 'rm /data/x', placeOf(attach('stdin'))), { effect: 'deny' });
  t.match(ofRequest(spec, attach('stdin')), { effect: 'allow' });
  t.match(ofRequest(spec, FORWARD), { effect: 'allow' });
  t.match(
    ofRequest(spec, DEBUG),
    { rule: 'default/unknown' },
    'what an ephemeral container runs is not read',
  );
  t.equal(placeOf(FORWARD), undefined);
});

t.test('what is allowed by command is the whole argv, for certain', async (t) => {
  const spec = {
    defaults: { api: 'allow', exec: 'deny', commands: 'deny', unknown: 'deny' },
    exec: [rule('allow', { command: { program: ['psql', 'env'] } })],
  };
  t.match(ofRequest(spec, exec('psql -l')), { effect: 'allow', rule: 'p/allow' });
  t.match(ofRequest(spec, exec('env A=1 psql -l')), { effect: 'allow' });
  t.match(ofLine(spec, 'psql -l', placeOf(exec('psql -l'))), { effect: 'allow', rule: 'p/allow' });
  t.match(ofLine(spec, 'psql -l'), { effect: 'deny', rule: 'default/commands' });
  for (const other of [exec('sh -c psql'), exec('env rm x'), exec('sh', 'stdin'), attach(), FORWARD])
    t.match(ofRequest(spec, other), { effect: 'deny', rule: 'default/exec' });
  t.match(ofRequest(spec, exec('env')), { effect: 'allow' });
});

t.test('unless a command', async (t) => {
  const spec = {
    defaults: OPEN,
    exec: [rule('deny', { pods: ['web'], unless: { command: { program: ['ls'] } } })],
  };
  t.match(ofRequest(spec, exec('ls /')), { effect: 'allow' });
  t.match(ofRequest(spec, exec('cat /x')), { effect: 'deny' });
  t.match(ofRequest(spec, exec('sh -c ls')), { effect: 'deny' }, 'a shell is another program');
  t.match(ofRequest(spec, FORWARD), { effect: 'deny' });
  t.match(ofLine(spec, 'ls', placeOf(exec('ls'))), { effect: 'allow' });
  t.match(ofLine(spec, 'ls; cat x', placeOf(exec('ls'))), { effect: 'deny' });
});

t.test('a default of its own, or that of the API', async (t) => {
  t.match(ofRequest({ defaults: { api: 'allow', exec: 'ask' } }, exec('ls')), {
    effect: 'ask',
    rule: 'default/exec',
  });
  t.match(ofRequest({ defaults: { api: 'deny' } }, exec('ls')), { effect: 'deny', rule: 'default/exec' });
  t.match(ofRequest({ defaults: { api: 'allow', exec: 'deny' } }, request('get pods shop/web')), {
    effect: 'allow',
    rule: 'default/api',
  });
  const both = {
    defaults: OPEN,
    api: [rule('ask', { verbs: ['exec'] })],
    exec: [rule('deny', { tty: true })],
  };
  t.match(ofRequest(both, exec('ls', 'tty')), { effect: 'deny', rule: 'p/deny' });
  t.match(ofRequest(both, exec('ls')), { effect: 'ask', rule: 'p/ask' });
});
