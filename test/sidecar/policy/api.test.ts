/** Rules over requests to the Kubernetes API: wide verbs, places that a request reaches, effects beyond its words. */
import fc from 'fast-check';
import t from 'tap';
import type { Effect } from '../../../recorder/audit/decision.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { KubeAction } from '../../../sidecar/action.ts';
import { decide } from '../../../sidecar/policy/decide.ts';
import { PolicySet } from '../../../sidecar/policy/policy-set.ts';
import { type AgentPolicy, policySchema } from '../../../sidecar/policy/schema.ts';
import { verbsOf } from '../../../sidecar/policy/verbs.ts';
import { request } from './request.ts';

const SEED = 20261122;
const AGENT: Identity = { user: 'agent', groups: [], proof: 'claimed' };
const OPEN = { api: 'allow', unknown: 'deny' };

const rule = (effect: Effect, match: object, name: string = effect) => ({
  name,
  effect,
  match,
  reason: 'because.',
});

function policy(spec: object): AgentPolicy {
  const head = { apiVersion: 'chaperone.dev/v1alpha1', kind: 'AgentPolicy', metadata: { name: 'p' } };
  return policySchema.parse({ ...head, spec });
}

function judge(spec: object, action: KubeAction) {
  return decide(new PolicySet([policy(spec)]), action, AGENT);
}

const effectOf = (spec: object, action: KubeAction) => judge(spec, action).effect;

t.test('verbs mean what they come to', async (t) => {
  const verbs = (text: string, changes?: Partial<KubeAction>) =>
    verbsOf(request(text, changes)).map(({ verb, certain }) => (certain ? verb : `${verb}?`));
  t.same(verbs('get pods shop/web'), ['get', 'read']);
  t.same(verbs('deletecollection pods shop/-'), ['deletecollection', 'delete', 'write']);
  t.same(verbs('create pods/eviction shop/web'), ['create', 'delete', 'write']);
  for (const what of ['pods/exec', 'pods/attach', 'pods/ephemeralcontainers', 'nodes/proxy'])
    for (const verb of ['get', 'create', 'patch'])
      t.same(verbs(`${verb} ${what} shop/web`), [verb, 'exec', 'write'], `${verb} ${what}`);
  t.same(verbs('get pods/portforward shop/web'), ['get', 'portforward', 'write']);
  t.same(verbs('get services/proxy shop/web'), ['get', 'write']);
  t.same(verbs('create selfsubjectaccessreviews'), ['create', 'read']);
  t.same(verbs('get /healthz'), ['get', 'read']);
  t.same(verbs('post /metrics'), ['post', 'write']);
  t.same(verbs('update deployments/scale shop/web'), ['update', 'write', 'scale']);
  t.same(verbs('get deployments/scale shop/web'), ['get', 'read']);
  t.same(verbs('patch deployments shop/web', { scales: 'yes' }), ['patch', 'write', 'scale']);
  t.same(verbs('patch deployments shop/web', { scales: 'unknown' }), ['patch', 'write', 'scale?']);
});

t.test('a collection reaches every name in it, and all namespaces reach each', async (t) => {
  const refuses = { defaults: OPEN, api: [rule('deny', { namespaces: ['prod'], names: ['db*'] })] };
  t.equal(effectOf(refuses, request('get secrets prod/db-main')), 'deny');
  t.equal(effectOf(refuses, request('get secrets prod/web')), 'allow');
  t.equal(effectOf(refuses, request('get secrets test/db-main')), 'allow');
  for (const verb of ['list', 'watch', 'deletecollection']) {
    t.equal(effectOf(refuses, request(`${verb} secrets prod/-`)), 'deny', verb);
    t.equal(effectOf(refuses, request(`${verb} secrets`)), 'deny', `${verb} everywhere`);
    t.equal(effectOf(refuses, request(`${verb} secrets test/-`)), 'allow', `${verb} elsewhere`);
  }
  t.equal(effectOf(refuses, request('get nodes -/db-1')), 'allow', 'what lies in no namespace');
});

t.test('what allows a name or a namespace allows no collection around it', async (t) => {
  const allows = {
    defaults: { api: 'deny' },
    api: [rule('allow', { namespaces: ['dev'], names: ['mine'] })],
  };
  t.equal(effectOf(allows, request('get pods dev/mine')), 'allow');
  t.equal(effectOf(allows, request('list pods dev/-')), 'deny');
  t.equal(effectOf(allows, request('list pods')), 'deny');
  const namespace = { defaults: { api: 'deny' }, api: [rule('allow', { namespaces: ['dev'] })] };
  t.equal(effectOf(namespace, request('list pods dev/-')), 'allow');
  t.equal(effectOf(namespace, request('list pods')), 'deny');
});

t.test('a created object has the name in its body, or one that nobody knows yet', async (t) => {
  const refuses = { defaults: OPEN, api: [rule('deny', { verbs: ['create'], names: ['db'] })] };
  const body = (object: KubeAction['body'] extends infer B ? B : never) => ({ body: object });
  const named = (object: object | null) =>
    body({
      summary: { type: 'application/json', bytes: 2, sha256: '0'.repeat(64) },
      type: 'application/json',
      exact: Buffer.from('{}'),
      recorded: Buffer.from('{}'),
      object: object as never,
    });
  t.equal(effectOf(refuses, request('create pods shop/-', named({ metadata: { name: 'db' } }))), 'deny');
  t.equal(effectOf(refuses, request('create pods shop/-', named({ metadata: { name: 'web' } }))), 'allow');
  const generated = judge(refuses, request('create pods shop/-', named({ metadata: { generateName: 'd' } })));
  t.match(generated, { effect: 'deny', rule: 'default/unknown' });
  t.match(judge(refuses, request('create configmaps shop/-', named(null))), { rule: 'default/unknown' });
});

t.test('resources and subresources, groups, paths, dry runs', async (t) => {
  const one = (match: object) => ({ defaults: OPEN, api: [rule('deny', match)] });
  t.equal(effectOf(one({ resources: ['pods'] }), request('get pods/log shop/web')), 'allow');
  t.equal(effectOf(one({ resources: ['pods*'] }), request('get pods/log shop/web')), 'deny');
  t.equal(effectOf(one({ resources: ['*/scale'] }), request('update deployments/scale a/b')), 'deny');
  t.equal(effectOf(one({ groups: [''] }), request('get pods shop/web')), 'deny');
  t.equal(effectOf(one({ groups: [''] }), request('get /version')), 'allow');
  t.equal(effectOf(one({ paths: ['/debug/*'] }), request('get /debug/pprof')), 'deny');
  const real = one({ verbs: ['delete'], dryRun: false });
  t.equal(effectOf(real, request('delete pods shop/web')), 'deny');
  t.equal(effectOf(real, request('delete pods shop/web', { dryRun: true })), 'allow');
});

t.test('a scale that nobody can be sure of, and other unknowns, follow the policy', async (t) => {
  const refuses = { defaults: { api: 'allow', unknown: 'allow' }, api: [rule('deny', { verbs: ['scale'] })] };
  const doubtful = judge(refuses, request('patch deployments shop/web', { scales: 'unknown' }));
  t.match(doubtful, { effect: 'allow', unjudged: true });
  const unknown = judge(refuses, request('patch deployments shop/web', { unknown: ['a patch'] }));
  t.match(unknown, { effect: 'allow', unjudged: true });
  t.match(judge(refuses, request('update deployments/scale shop/web')), { effect: 'deny', rule: 'p/deny' });
  t.match(judge({ api: [] }, request('get pods shop/web')), { effect: 'ask', rule: 'default/api' });
});

t.test('no policy allows what is built in', async (t) => {
  const allows = { defaults: { api: 'allow' }, api: [rule('allow', { verbs: ['*'] })] };
  t.match(judge(allows, request('create serviceaccounts/token shop/agent')), {
    effect: 'deny',
    rule: 'builtin/no-token-minting',
  });
});

t.test('the strictest counts, whatever the order', async (t) => {
  const strictness = { allow: 0, ask: 1, deny: 2 };
  const match = fc.constantFrom(
    { verbs: ['get'] },
    { namespaces: ['shop'] },
    { names: ['*'] },
    { groups: ['x'] },
  );
  const rules = fc.array(fc.tuple(fc.constantFrom<Effect>('allow', 'ask', 'deny'), match), { maxLength: 6 });
  const action = request('get pods shop/web');
  fc.assert(
    fc.property(rules, (drawn) => {
      const api = drawn.map(([effect, match], index) => rule(effect, match, `r${index}`));
      const decision = judge({ defaults: OPEN, api }, action);
      t.strictSame(judge({ defaults: OPEN, api: api.toReversed() }, action), decision);
      const matching = drawn
        .filter(([, match]) => !('groups' in match))
        .map(([effect]) => strictness[effect]);
      const expected = matching.length === 0 ? 0 : Math.max(...matching);
      return strictness[decision.effect] === expected;
    }),
    { seed: SEED, numRuns: 300 },
  );
});

t.test('a rule for remote commands with a terminal, or with standard input', async (t) => {
  const spec = (match: object) => ({ defaults: OPEN, api: [rule('ask', match)] });
  const command = (text: string, ...parameters: [string, string][]) => request(text, { parameters });
  for (const what of ['create pods/exec shop/web', 'get pods/attach shop/web']) {
    const terminal = command(what, ['stdin', 'true'], ['tty', 'true']);
    const piped = command(what, ['stdin', '1'], ['tty', '0']);
    const silent = command(what);
    for (const [match, asked] of [
      [{ tty: true }, [terminal]],
      [{ tty: false }, [piped, silent]],
      [{ stdin: true }, [terminal, piped]],
      [{ stdin: true, tty: false }, [piped]],
    ] as const)
      for (const action of [terminal, piped, silent])
        t.equal(
          judge(spec(match), action).effect,
          asked.includes(action) ? 'ask' : 'allow',
          `${what} ${JSON.stringify([match, action.parameters])}`,
        );
  }
  const other = command('get pods shop/web', ['tty', 'true']);
  t.equal(judge(spec({ tty: true }), other).effect, 'allow', 'nothing else has a terminal');
  t.equal(judge(spec({ tty: false }), other).effect, 'allow');
});
