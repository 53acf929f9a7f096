/** From what was changed up to the person, over a real log. */
import t from 'tap';
import { blame } from '../../../recorder/attribution/blame.ts';
import { Sources } from '../../../recorder/attribution/sources.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { newData, sessionId } from '../log/sample.ts';
import {
  API,
  announcement,
  asked,
  at,
  begin,
  chainsOf,
  conversation,
  HOOKS,
  hook,
  logOf,
  POD,
  ran,
  SCALE,
  SHELL,
  T,
  told,
  WEB,
} from './scene.ts';

const PROMPT = hook(1, 'beforeSubmitPrompt', { prompt: 'scale web' });
const ABOVE = [
  'person: ada@shop.example (as agent) [hook, hook]',
  'conversation: c-1 [hook, hook]',
  'prompt: scale web [hook, hook]',
  `act: ${SCALE} [hook, hook]`,
];
const BELOW = 'object: deployments.apps shop/web (uid uid-web) [recorded, recorded]';
const REQUEST = 'PATCH patch deployments/scale shop/web';

t.test('prompt, act, command in a guarded shell, request, object', async (t) => {
  const log = await logOf(t, {
    [HOOKS]: [conversation(), PROMPT, ...announcement(2, SCALE)],
    [SHELL]: [begin(), ran(3, 'true'), ran(4, SCALE), ...asked(5, { verb: 'get' }), ...asked(6)],
  });
  const chains = await chainsOf(log, WEB);
  t.same(chains.map(told), [
    [...ABOVE, `command: ${SCALE} [hook, matched]`, `request: ${REQUEST} [claimed, named]`, BELOW],
  ]);
  t.match(chains[0], { outcome: 'done', at: T + 6_000_000, sent: '{"spec":{"replicas":3}}', findings: [] });
  t.match(
    chains[0]!.changed
      ?.filter(({ kind }) => kind !== 'same')
      .map(({ kind, text }) => `${kind} ${text.trim()}`),
    ['removed "replicas": 1', 'added "replicas": 3'],
  );
  const places = chains[0]!.links.map(({ session, seq, into }) => [session, seq, into]);
  t.same(places.at(-2), [SHELL, 5, 6_000_000], 'where it is replayed');
  for (const query of [
    { kind: 'uid', uid: 'uid-web' },
    { ...WEB, namespace: null },
    { ...WEB, group: 'apps' },
    { kind: 'event', session: SHELL, seq: 5 },
  ] as const)
    t.same((await chainsOf(log, query)).map(told), chains.map(told));
  t.same(await chainsOf(log, { ...WEB, group: 'extensions' }), []);
  t.same(await chainsOf(log, { ...WEB, name: 'we' }), []);
  const [command] = await chainsOf(log, { kind: 'command', text: SCALE });
  t.same(told(command!), [...ABOVE, `command: ${SCALE} [hook, matched]`]);
  t.equal(
    (await chainsOf(log, { kind: 'command', text: 'scale deployment/web' })).length,
    2,
    'a part of a line',
  );
});

t.test('a shell that was started with the announced words', async (t) => {
  const log = await logOf(t, {
    [HOOKS]: [conversation(), PROMPT, ...announcement(2, SCALE)],
    [SHELL]: [
      begin({ command: ['/bin/bash', '-lc', SCALE] }),
      ran(4, `/bin/bash -lc '${SCALE}'`),
      ...asked(6),
    ],
  });
  const [chain] = await chainsOf(log, WEB);
  t.match(told(chain!)[4], /^command: \/bin\/bash -lc .* \[hook, matched\]$/);
});

t.test(
  'kubectl outside of every guarded shell: by its own word, and how many it could have been',
  async (t) => {
    const api = begin({ entrance: { kind: 'api', server: 'https://api.example' }, command: [] });
    const log = await logOf(t, {
      [HOOKS]: [conversation(), PROMPT, ...announcement(2, SCALE)],
      [API]: [api, ...asked(6)],
    });
    t.same((await chainsOf(log, WEB)).map(told), [[...ABOVE, `request: ${REQUEST} [claimed, time]`, BELOW]]);
    await log.append(HOOKS, announcement(3, 'kubectl scale deployment/api --replicas=1'));
    t.match((await chainsOf(log, WEB))[0]!.links.at(-2), { kind: 'request', others: 1 });
  },
);

t.test('nothing is made up: another machine, another verb, too late', async (t) => {
  const api = (host: string) => {
    const start = begin({ entrance: { kind: 'api', server: 'https://api.example' }, command: [] });
    return { ...start, body: { ...start.body, host } as typeof start.body };
  };
  const log = await logOf(t, {
    [HOOKS]: [conversation(), PROMPT, ...announcement(2, SCALE)],
    [API]: [api('elsewhere'), ...asked(6)],
    [sessionId(5)]: [api('box'), ...asked(6, { client: 'kubectl patch' }), ...asked(900)],
  });
  for (const chain of await chainsOf(log, WEB))
    t.match(told(chain), ['person: agent [claimed, environment]', /^request: /, BELOW]);
});

t.test('a shell that only claims the conversation', async (t) => {
  const claims = { conversation: 'c-1', generation: 'g-1' };
  const log = await logOf(t, {
    [HOOKS]: [conversation(), PROMPT],
    [SHELL]: [begin({ identity: claims }), ran(4, SCALE), ...asked(6)],
    [sessionId(7)]: [begin({ identity: { conversation: 'unheard-of' } }), ran(7, SCALE), ...asked(8)],
  });
  const [unheard, claimed] = await chainsOf(log, WEB);
  t.same(told(claimed!).slice(0, 4), [
    'person: ada@shop.example (as agent) [claimed, environment]',
    'conversation: c-1 [claimed, environment]',
    'prompt: scale web [claimed, environment]',
    `command: ${SCALE} [recorded, recorded]`,
  ]);
  t.match(claimed!.findings, [{ code: 'EXECUTION_WITHOUT_HOOK', session: SHELL, seq: 1, text: SCALE }]);
  t.match(told(unheard!), [
    /^person: agent/,
    'conversation: unheard-of [claimed, environment]',
    ...Array(3).fill(/./),
  ]);
});

t.test('a signature names the person from then on, and for as long as it holds', async (t) => {
  const run = { issuer: 'https://i', subject: 's', agent: 'a', turn: 't', team: 'x' };
  const identity: Identity = {
    user: 'agent',
    groups: [],
    humans: ['eve@shop.example'],
    run,
    proof: 'signed',
  };
  const proven = at(2, { type: 'identity.proven', identity, until: T + 300_000_000 });
  const log = await logOf(t, {
    [HOOKS]: [
      conversation(),
      PROMPT,
      ...announcement(1, SCALE),
      proven,
      ...announcement(3, SCALE),
      ...announcement(400, SCALE),
    ],
    [SHELL]: [begin(), ran(1, SCALE), ran(4, SCALE), ran(401, SCALE)],
  });
  const chains = await chainsOf(log, { kind: 'event', session: SHELL, seq: null });
  t.same(
    chains.map((chain) => told(chain)[0]),
    [
      'person: ada@shop.example (as agent) [hook, hook]',
      'person: eve@shop.example [signed, signed]',
      'person: ada@shop.example (as agent) [hook, hook]',
    ],
  );
});

t.test('who only claims to have heard hooks proves nothing by them', async (t) => {
  const forged = conversation();
  if (forged.body.type === 'session.start') forged.body.identity.proof = 'claimed';
  const log = await logOf(t, {
    [HOOKS]: [forged, PROMPT, ...announcement(2, SCALE)],
    [SHELL]: [begin(), ran(4, SCALE)],
  });
  const [chain] = await chainsOf(log, { kind: 'event', session: SHELL, seq: 1 });
  t.equal(told(chain!).length, 5);
  for (const { proof } of chain!.links) t.equal(proof, 'claimed');
});

t.test('what a hook was refused and ran all the same', async (t) => {
  const log = await logOf(t, {
    [HOOKS]: [conversation(), PROMPT, ...announcement(2, SCALE, false)],
    [SHELL]: [begin(), ran(4, SCALE), ...asked(6)],
  });
  t.match((await chainsOf(log, WEB))[0]!.findings, [{ code: 'RUN_THOUGH_REFUSED', session: SHELL }]);
});

t.test('creations by their answer, deletions of collections, refusals', async (t) => {
  const [all] = asked(8, { verb: 'deletecollection', more: { name: '', subresource: '' } });
  const refused = asked(9)[0]!;
  if (refused.body.type === 'request.admitted') refused.body.allowed = false;
  const log = await logOf(t, {
    [SHELL]: [
      begin(),
      ran(4, 'kubectl apply -f x'),
      ...asked(5, { verb: 'create', more: { name: '', subresource: '' } }),
    ],
    [sessionId(8)]: [begin(), all!, refused],
  });
  const chains = await chainsOf(log, WEB);
  t.same(
    chains.map(({ outcome, links }) => `${outcome} ${links.at(-2)!.text}`),
    [
      'refused PATCH patch deployments/scale shop/web',
      'open PATCH deletecollection deployments shop',
      'done POST create deployments shop',
    ],
  );
});

t.test('files: edited by the agent, written by a command, copied into a pod', async (t) => {
  const edit = { tool_name: 'Write', tool_input: { path: 'src/a.ts' } };
  const decision = { effect: 'allow', rule: 'r', reason: 'y', unjudged: false } as const;
  const decided = at(3, {
    ...{ type: 'tool.decided', use: 'edit', tool: 'Write', server: '', path: '/srv/shop/src/a.ts' },
    ...{ cwd: '/srv/shop', unknown: [], decision, allowed: true },
  });
  const [opening, opened] = asked(6, {
    client: 'kubectl cp',
    more: { resource: 'pods', subresource: 'exec' },
  });
  if (opening?.body.type !== 'request.admitted') throw new Error('no request');
  opening.body.opens = POD;
  const origin = { session: SHELL, request: opening.body.id };
  const entrance = {
    kind: 'remote',
    subresource: 'exec',
    namespace: 'shop',
    pod: 'web',
    container: '',
    origin,
  } as const;
  const copy = { type: 'session.file', direction: 'to', path: '/srv/b.ts', kind: 'file', bytes: 7 } as const;
  const log = await logOf(t, {
    [HOOKS]: [
      conversation(),
      PROMPT,
      hook(3, 'preToolUse', edit),
      decided,
      ...announcement(4, 'kubectl cp b.ts web:/srv'),
    ],
    [SHELL]: [
      begin(),
      ran(5, 'kubectl cp b.ts web:/srv'),
      opening,
      opened!,
      ran(7, 'rm -r src', { writes: ['/srv/shop/src', '/srv/shop/src/**'] }),
    ],
    [POD]: [begin({ entrance, command: ['tar', 'xf', '-'] }), ran(6, 'tar xf -'), at(6, copy)],
  });
  await log.append(HOOKS, [
    hook(8, 'afterFileEdit', { file_path: '/srv/shop/c.ts' }, { path: '/srv/shop/c.ts' }),
  ]);
  const file = (path: string) => chainsOf(log, { kind: 'file', path });
  const written = await file('/srv/shop/src/a.ts');
  t.match(
    written.map((chain) => told(chain).at(-1)),
    ['command: rm -r src [recorded, recorded]', 'act: /srv/shop/src/a.ts [hook, hook]'],
  );
  t.match(told(written[1]!)[2], 'prompt: scale web');
  t.match(told((await file('/srv/shop/c.ts'))[0]!).slice(2), ['prompt: scale web [hook, hook]', /c\.ts/]);
  t.same(told((await file('/srv/b.ts'))[0]!).slice(2), [
    'prompt: scale web [hook, hook]',
    'act: kubectl cp b.ts web:/srv [hook, hook]',
    'command: kubectl cp b.ts web:/srv [hook, matched]',
    'request: PATCH patch pods/exec shop/web [claimed, named]',
    'command: tar xf - [recorded, recorded]',
    'file: copied in: /srv/b.ts (7 bytes) [recorded, recorded]',
  ]);
  t.same(await file('/srv/shop/other'), []);
});

t.test('limit, since, and what the reader may not see', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data });
  t.teardown(() => log.close());
  for (let n = 0; n < 5; n++) await log.append(sessionId(10 + n), [begin(), ran(n, SCALE), ...asked(n)]);
  const sources = new Sources(log, log);
  t.match(await blame(sources, WEB, { limit: 2, since: 0 }), { more: true, chains: { length: 2 } });
  t.match(await blame(sources, WEB, { limit: 9, since: T + 3_000_000 }), {
    more: false,
    chains: { length: 2 },
  });
});
