/** Rules over an agent's own tools: what they match, how they are decided, and the evidence of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ulid } from 'ulid';
import { canonicalText } from '../../../recorder/audit/canonical.ts';
import type { Effect } from '../../../recorder/audit/decision.ts';
import { decodeEvent } from '../../../recorder/audit/decode.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { CastEvents } from '../../../recorder/export/asciicast.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import type { StoredEvent } from '../../../recorder/log/ports.ts';
import type { Json, ToolAction } from '../../../sidecar/action.ts';
import { History } from '../../../sidecar/cli/history.ts';
import { systemClock } from '../../../sidecar/clock.ts';
import { Gate } from '../../../sidecar/gate.ts';
import { MaskedJournal } from '../../../sidecar/mask/journal.ts';
import { newVault } from '../../../sidecar/mask/new-vault.ts';
import { decide } from '../../../sidecar/policy/decide.ts';
import { LoadedPolicy } from '../../../sidecar/policy/policy-file.ts';
import { PolicySet } from '../../../sidecar/policy/policy-set.ts';
import { type AgentPolicy, policySchema } from '../../../sidecar/policy/schema.ts';

const AGENT: Identity = { user: 'agent', groups: [], proof: 'hook' };
const OPEN = { tools: 'allow', unknown: 'deny' };

const rule = (effect: Effect, match: object, name: string = effect) => ({
  ...{ name, effect, match },
  reason: 'because.',
});

function policy(spec: object): AgentPolicy {
  const head = { apiVersion: 'chaperone.dev/v1alpha1', kind: 'AgentPolicy', metadata: { name: 'p' } };
  return policySchema.parse({ ...head, spec });
}

const NOTHING: Omit<ToolAction, 'use'> = {
  kind: 'tool',
  tool: '',
  server: '',
  path: '',
  input: undefined,
  recorded: new Uint8Array(),
  cwd: '/work',
  home: '/home/agent',
  unknown: [],
};

/** A call over MCP; without `input`, of something that is no JSON. */
function call(name: string, input?: Json, server = 'https://tools.example/mcp'): ToolAction {
  const recorded = Buffer.from(JSON.stringify(input ?? ''));
  return { ...NOTHING, use: 'mcp', tool: name, server, input, recorded };
}

const read = (path: string): ToolAction => ({ ...NOTHING, use: 'read', path });
const edit = (path: string): ToolAction => ({ ...NOTHING, use: 'edit', path });

const judge = (spec: object, action: ToolAction) => decide(new PolicySet([policy(spec)]), action, AGENT);

t.test('each condition', async (t) => {
  const query = { path: 'query', any: ['DROP *'] };
  const cases: [match: object, yes: ToolAction[], no: ToolAction[], maybe?: ToolAction[]][] = [
    [{ servers: ['https://*.example/*'] }, [call('x')], [call('x', {}, 'npx other'), read('/a'), edit('/a')]],
    [{ servers: ['*'] }, [call('x'), call('x', {}, '')], [read('/a')]],
    [{ tools: ['delete_*'] }, [call('delete_repo')], [call('list'), read('/delete_x')]],
    [
      { reads: ['~/.ssh/**'] },
      [read('/home/agent/.ssh/id')],
      [edit('/home/agent/.ssh/id'), read('/x')],
      [read('')],
    ],
    [{ edits: ['/etc/**'] }, [edit('/etc/passwd'), edit('/etc')], [read('/etc/x'), call('edit')], [edit('')]],
    [{ edits: ['/a[*]/**'] }, [edit('/a*/x')], [edit('/ab/x')]],
    [
      { arguments: [query] },
      [call('q', { query: 'DROP x' })],
      [call('q', { query: 'x' }), call('q', {})],
      [call('q')],
    ],
    [
      { tools: ['q'], arguments: [query, { path: 'dry', any: ['false'] }] },
      [call('q', { query: 'DROP x', dry: false })],
      [
        call('q', { query: 'DROP x', dry: true }),
        call('q', { query: 'DROP x' }),
        call('other', { query: 'DROP x' }),
      ],
    ],
    [
      { arguments: [{ path: 'rows[*].n', any: ['1'] }] },
      [call('q', { rows: [{ n: 0 }, { n: 1 }] }), call('q', { rows: [{ n: { deep: ['1'] } }] })],
      [call('q', { rows: [{ n: 2 }] }), call('q', { rows: { n: 1 } }), call('q', [1]), call('q', null)],
    ],
    [{ tools: ['*'], unless: { tools: ['get_*'] } }, [call('set_x')], [call('get_x'), read('/x')]],
  ];
  for (const [match, yes, no, maybe = []] of cases) {
    const spec = { defaults: OPEN, tools: [rule('ask', match)] };
    const shown = (action: ToolAction) => `${JSON.stringify(match)} ${JSON.stringify(action)}`;
    for (const one of yes) t.match(judge(spec, one), { effect: 'ask', rule: 'p/ask' }, shown(one));
    for (const one of no) t.match(judge(spec, one), { effect: 'allow', rule: 'default/tools' }, shown(one));
    for (const one of maybe)
      t.match(judge(spec, one), { effect: 'deny', rule: 'default/unknown' }, shown(one));
  }
});

t.test('what allows by an argument allows all values there, for certain', async (t) => {
  const path = 'hosts[*]';
  const spec = {
    defaults: { tools: 'deny', unknown: 'deny' },
    tools: [rule('allow', { arguments: [{ path, any: ['a'] }] })],
  };
  t.match(judge(spec, call('x', { hosts: ['a', 'a'] })), { effect: 'allow' });
  for (const input of [{ hosts: ['a', 'b'] }, { hosts: [] }, {}, undefined])
    t.match(judge(spec, call('x', input as Json)), { effect: 'deny' }, JSON.stringify(input));
});

t.test('an input that is too large to look through is unknown', async (t) => {
  const spec = { defaults: OPEN, tools: [rule('deny', { arguments: [{ path: '*', any: ['bad'] }] })] };
  t.match(judge(spec, call('x', { a: Array(20_000).fill(1) })), { rule: 'default/unknown' });
  const deep: Json = JSON.parse(`${'['.repeat(1000)}"bad"${']'.repeat(1000)}`);
  t.match(judge(spec, call('x', { a: deep })), { rule: 'p/deny' });
});

t.test('defaults, and what is not known', async (t) => {
  t.match(judge({}, call('x')), { effect: 'ask', rule: 'default/tools' });
  t.match(judge({ defaults: { tools: 'allow' } }, { ...read('/x'), unknown: ['a link'] }), {
    effect: 'ask',
    rule: 'default/unknown',
    reason: 'a link',
  });
  t.match(judge({ defaults: OPEN, commands: [] }, edit('/x')), { effect: 'allow', unjudged: false });
});

t.test('judged by the gate, recorded masked, and shown', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-tools-'));
  const log = await AuditLog.open({ data });
  t.teardown(async () => {
    await log.close();
    await rm(data, { recursive: true, force: true });
  });
  const vault = newVault();
  vault.learn([Buffer.from('hunter2-and-more')], { record: true, agent: false, minLength: 8 });
  const journal = new MaskedJournal(log, vault);
  const inForce = new LoadedPolicy([
    policy({ defaults: OPEN, tools: [rule('deny', { edits: ['/etc/**'] }, 'no-etc')] }),
  ]);
  const gate = new Gate({ journal, clock: systemClock, policy: () => inForce });
  const session = ulid();
  const start = { host: 'h', command: [], cwd: '/', policy: inForce.digest, agent: 'test' };
  await journal.append(session, [
    { at: systemClock.now(), body: { type: 'session.start', identity: AGENT, ...start } },
  ]);

  const called = call('login', { password: 'hunter2-and-more' }, 'https://x.example/?key=hunter2-and-more');
  t.match(await gate.judge(session, AGENT, called), { ok: true });
  t.match(await gate.judge(session, AGENT, edit('/etc/passwd')), { ok: false, message: /p\/no-etc/ });

  const stored: StoredEvent[] = [];
  for await (const one of log.events(session)) stored.push(one);
  const events = stored.map(({ event }) => decodeEvent(Buffer.from(canonicalText(event))));
  const [, first, second] = events;
  t.match(first?.body, { type: 'tool.decided', use: 'mcp', tool: 'login', allowed: true, unknown: [] });
  t.match(second?.body, { type: 'tool.decided', use: 'edit', path: '/etc/passwd', allowed: false });
  t.notMatch(JSON.stringify(events), /hunter2/);
  t.match(Buffer.from(stored[1]!.content!).toString(), /^\{"password":"\*+"\}$/);

  const history = new History(first!.at);
  t.match(history.line(first!), /call login of https:\/\/x\.example\/\?key=\*+\n/);
  t.match(history.line(second!), /✗ edit \/etc\/passwd.*\(refused by p\/no-etc: because\.\)/);
  const cast = new CastEvents({ startedAt: first!.at });
  t.match(cast.of(stored[2]!), [{ code: 'm', label: 'refused: edit /etc/passwd (p/no-etc)' }]);
  const { refused, commands } = await log.session(session);
  t.same({ refused, commands }, { refused: 1, commands: 0 });
  t.equal((await log.sessions({ search: '/etc/passwd' })).sessions.length, 1, 'found by what it touched');
  t.match(await log.verify({}), { ok: true });
});
