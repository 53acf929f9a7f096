/** Who may ask what, and that asking is recorded. */
import t from 'tap';
import type { Blame, Trace } from '../../../recorder/server/api.ts';
import type { Principal } from '../../../recorder/server/principal.ts';
import {
  announcement,
  asked,
  begin,
  conversation,
  HOOKS,
  hook,
  ran,
  SCALE,
  SHELL,
  told,
  WEB,
} from '../attribution/scene.ts';
import { sessionId } from '../log/sample.ts';
import { identityIn, startWorld, type World } from './world.ts';

const viewerOf = (...namespaces: string[]): Principal => ({
  ...{ user: 'viewer', groups: [], roles: ['viewer'] },
  scopes: { viewer: [{ namespaces }] },
});
const ask = (query: object, more = '') =>
  `/api/blame?ask=${encodeURIComponent(JSON.stringify(query))}${more}`;
const chains = ({ text }: { text: string }) => (JSON.parse(text) as Blame).chains;

/** The hooks came from the namespace `desk`, the shell runs in `shop`. */
async function scene({ log }: World): Promise<void> {
  const first = conversation();
  if (first.body.type === 'session.start') first.body.identity = { ...identityIn('desk'), proof: 'hook' };
  const prompt = hook(1, 'beforeSubmitPrompt', { prompt: 'scale web' });
  await log.append(HOOKS, [first, prompt, ...announcement(2, SCALE)]);
  await log.append(SHELL, [begin({ identity: identityIn('shop') }), ran(4, SCALE), ...asked(6)]);
}

t.test('a viewer sees what is in their scope, and of the rest not that it is there', async (t) => {
  const world = await startWorld(t);
  await scene(world);
  const as = async (...namespaces: string[]) => ({
    headers: { cookie: await world.login(viewerOf(...namespaces)) },
  });
  const all = chains(await world.get(ask(WEB), await as('desk', 'shop')));
  t.match(told(all[0]!), [
    /^person/,
    /^conversation/,
    'prompt: scale web [hook, hook]',
    /^act/,
    /^command/,
    /^request/,
    /^object/,
  ]);
  const shop = chains(await world.get(ask(WEB), await as('shop')));
  t.match(told(shop[0]!), [/^person: agent/, /^command/, /^request/, /^object/]);
  t.notMatch(JSON.stringify(shop), /scale web|c-1|ada/, 'nothing of the other session');
  t.same(chains(await world.get(ask(WEB), await as('desk'))), []);
  t.same(chains(await world.get(ask({ kind: 'command', text: 'deployment/web' }), await as('pay'))), []);

  const stranger = await as('pay');
  const unseen = await world.get(ask({ kind: 'event', session: SHELL, seq: 1 }), stranger);
  const absent = await world.get(ask({ kind: 'event', session: sessionId(77), seq: 1 }), stranger);
  t.equal(unseen.status, 404);
  t.equal(unseen.text.replaceAll(SHELL, 'X'), absent.text.replaceAll(sessionId(77), 'X'));
  t.equal((await world.get(`/api/sessions/${HOOKS}/trace`, stranger)).status, 404);
  const half = JSON.parse((await world.get(`/api/sessions/${HOOKS}/trace`, await as('desk'))).text) as Trace;
  t.match(half, { prompts: [{ text: 'scale web' }], acts: [{ text: SCALE, effects: [] }] });
  const whole = JSON.parse((await world.api(`/api/sessions/${HOOKS}/trace`)).text) as Trace;
  t.match(whole.acts[0]!.effects, [{ kind: 'command', session: SHELL }, { kind: 'object' }]);
});

t.test('who asked for what is recorded before it is answered', async (t) => {
  const world = await startWorld(t);
  await scene(world);
  await world.api(ask(WEB));
  await world.api(`/api/sessions/${HOOKS}/trace`);
  const looks = (await world.log.bodies('system')).filter(({ type }) => type === 'access.viewed');
  t.match(looks, [
    { session: 'system', what: 'blame', about: 'deployments shop/web', user: 'admin' },
    { session: HOOKS, what: 'blame', user: 'admin' },
  ]);
  world.log.before = () => Promise.reject(new Error('no space'));
  const refused = await world.api(ask({ ...WEB, name: 'other' }));
  t.equal(refused.status, 500);
});

t.test('what cannot be asked', async (t) => {
  const world = await startWorld(t);
  for (const query of [
    {},
    { kind: 'object' },
    { kind: 'file', path: 'relative' },
    { kind: 'command', text: '' },
  ])
    t.equal((await world.api(ask(query))).status, 400, JSON.stringify(query));
  for (const path of [
    '/api/blame',
    '/api/blame?ask={',
    ask(WEB, '&limit=0'),
    ask(WEB, '&limit=101'),
    ask(WEB, '&since=x'),
  ])
    t.equal((await world.api(path)).status, 400, path);
  await scene(world);
  t.equal((await world.api(`/api/sessions/${SHELL}/trace`)).status, 400);
  t.equal((await world.get(ask(WEB))).status, 401);
  t.same(JSON.parse((await world.api(ask(WEB, '&since=9000000000000000'))).text), {
    chains: [],
    more: false,
  });
});
