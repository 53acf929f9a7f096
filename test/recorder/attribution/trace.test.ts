/** From the prompts of a conversation down to all that came of them, and what does not fit together. */
import t from 'tap';
import { Sources } from '../../../recorder/attribution/sources.ts';
import { trace } from '../../../recorder/attribution/trace.ts';
import type { AuditLog } from '../../../recorder/log/audit-log.ts';
import { sessionId } from '../log/sample.ts';
import {
  API,
  announcement,
  asked,
  at,
  begin,
  conversation,
  HOOKS,
  hook,
  logOf,
  ran,
  SCALE,
  SHELL,
} from './scene.ts';

const PROMPT = hook(1, 'beforeSubmitPrompt', { prompt: 'scale web' });
const END = at(700, { type: 'session.end', reason: 'exited', status: 0 });

const traced = (log: AuditLog, id = HOOKS) => trace(new Sources(log, log), id);

t.test('prompt → act → command → what it changed', async (t) => {
  const log = await logOf(t, {
    [HOOKS]: [
      conversation(),
      PROMPT,
      ...announcement(2, SCALE),
      hook(9, 'afterShellExecution', { command: SCALE, output: 'scaled', duration: 4200 }),
      hook(10, 'afterFileEdit', { file_path: 'a.ts' }, { path: '/srv/shop/a.ts' }),
    ],
    [SHELL]: [
      begin(),
      ran(4, SCALE),
      ...asked(5, { verb: 'get' }),
      ...asked(6),
      ran(7, 'true'),
      ...asked(8, { client: '' }),
    ],
  });
  const found = await traced(log);
  t.match(found, {
    conversation: 'c-1',
    prompts: [{ text: 'scale web', generation: 'g-1' }],
    findings: [],
    cut: false,
  });
  t.match(found.acts, [
    { kind: 'command', text: SCALE, generation: 'g-1', seqs: [2, 3, 4, 5], decided: { allowed: true } },
    { kind: 'edit', text: '/srv/shop/a.ts', decided: null, effects: [{ kind: 'file', proof: 'hook' }] },
  ]);
  t.match(found.acts[0]!.effects, [
    { kind: 'command', session: SHELL, seq: 1, basis: 'matched', outcome: 'done', into: 4_000_000 },
    { kind: 'object', text: 'PATCH deployments.apps shop/web (uid uid-web)', session: SHELL, basis: 'named' },
  ]);
  t.equal(found.acts[0]!.effects.length, 2, 'what came of the next command is none of this one');
  await t.rejects(traced(log, SHELL), { code: 'USAGE' });
  await t.rejects(traced(log, sessionId(9)), { code: 'SESSION_UNKNOWN' });
});

t.test('a hook without an execution, an execution without a hook, a refusal that ran', async (t) => {
  const claims = { conversation: 'c-1' };
  const log = await logOf(t, {
    [HOOKS]: [
      conversation(),
      PROMPT,
      ...announcement(2, 'make'),
      ...announcement(3, 'git push', false),
      ...announcement(4, 'rm x', false),
      ...announcement(5, SCALE),
      END,
    ],
    [SHELL]: [
      begin({ identity: claims }),
      ran(3, 'git push'),
      ran(6, SCALE),
      ran(7, 'curl x'),
      ran(8, 'no', { allowed: false }),
    ],
  });
  const { findings } = await traced(log);
  t.same(
    findings.map(({ code, text, session }) => `${code} ${text} ${session === HOOKS ? 'hook' : 'shell'}`),
    [
      'HOOK_WITHOUT_EXECUTION make hook',
      'RUN_THOUGH_REFUSED git push shell',
      'EXECUTION_WITHOUT_HOOK curl x shell',
    ],
  );
});

t.test('where there is no guarded shell at all it is said once', async (t) => {
  const log = await logOf(t, {
    [HOOKS]: [conversation(), ...announcement(2, 'make'), ...announcement(3, 'ls'), END],
  });
  t.match((await traced(log)).findings, [{ code: 'HOOKS_ALONE', text: '2 commands' }]);
});

t.test('what was just announced may still come', async (t) => {
  const log = await logOf(t, { [HOOKS]: [conversation(), ...announcement(2, 'make')] });
  t.same((await traced(log)).findings, []);
  await log.append(HOOKS, [hook(9, 'afterShellExecution', { command: 'make', duration: 1 })]);
  t.match((await traced(log)).findings, [{ code: 'HOOKS_ALONE' }], 'it has ended, and nothing ran it');
});

t.test('what a script runs in turn is part of it', async (t) => {
  const claims = { conversation: 'c-1' };
  const log = await logOf(t, {
    [HOOKS]: [conversation(), ...announcement(2, 'npm test'), END],
    [SHELL]: [
      begin({ identity: claims, command: ['sh', '-c', 'npm test'] }),
      ran(3, 'npm test'),
      ran(4, 'tap'),
    ],
  });
  t.same((await traced(log)).findings, []);
});

t.test(
  "an agent's wrapper behind the launcher is what was announced, and what it starts goes with it",
  async (t) => {
    const wrapper = { agent: 'cursor', line: 'npm test' } as const;
    const entrance = { kind: 'launcher', shell: '/bin/bash', pid: 7, parent: 'node', wrapper } as const;
    const log = await logOf(t, {
      [HOOKS]: [conversation(), ...announcement(2, 'npm test'), END],
      [SHELL]: [
        begin({
          identity: { conversation: 'c-1' },
          entrance,
          command: ['bash', '-c', 'snap=…', '--', 'npm test'],
        }),
        ran(3, 'npm test'),
        ran(4, "sh -c 'tap run'"),
      ],
    });
    t.same((await traced(log)).findings, []);
  },
);

t.test('kubectl outside of every shell comes by its own word', async (t) => {
  const api = begin({ entrance: { kind: 'api', server: 'https://api.example' }, command: [] });
  const log = await logOf(t, {
    [HOOKS]: [
      conversation(),
      ...announcement(2, SCALE),
      hook(9, 'afterShellExecution', { command: SCALE }),
      END,
    ],
    [API]: [api, ...asked(6), ...asked(60)],
  });
  const { acts } = await traced(log);
  t.match(acts[0]!.effects, [{ kind: 'object', session: API, seq: 1, basis: 'time', proof: 'claimed' }]);
  t.equal(acts[0]!.effects.length, 1, 'what came when it had ended is none of it');
});

t.test('the same words of two conversations are told apart, and each counts once', async (t) => {
  const other = conversation('c-2');
  const log = await logOf(t, {
    [HOOKS]: [conversation(), ...announcement(2, 'make'), END],
    [sessionId(6)]: [other, ...announcement(3, 'make'), END],
    [SHELL]: [begin({ identity: { conversation: 'c-2' } }), ran(4, 'make')],
  });
  t.match((await traced(log)).findings, [{ code: 'HOOKS_ALONE' }]);
  t.same((await traced(log, sessionId(6))).findings, []);
});

t.test("what claims nothing is one conversation's only", async (t) => {
  const log = await logOf(t, {
    [HOOKS]: [conversation(), ...announcement(2, 'make'), END],
    [sessionId(6)]: [conversation('c-2'), ...announcement(3, 'make'), END],
    [SHELL]: [begin(), ran(4, 'make')],
  });
  const effects = [await traced(log), await traced(log, sessionId(6))].map(
    ({ acts }) => acts[0]!.effects.length,
  );
  t.same(effects, [1, 0]);
});

t.test('retention and garbage: what cannot be read is no act', async (t) => {
  const strange = [null, 7, [], 'x', { command: 7 }, { tool_name: 'Shell', tool_input: [] }];
  const drafts = strange.map((own, n) => {
    const draft = hook(n + 2, 'beforeShellExecution', {});
    return { ...draft, body: { ...draft.body, content: Buffer.from(JSON.stringify(own)) } } as typeof draft;
  });
  const log = await logOf(t, { [HOOKS]: [conversation(), PROMPT, ...drafts, END] });
  t.match(await traced(log), { prompts: { length: 1 }, findings: [] });
});
