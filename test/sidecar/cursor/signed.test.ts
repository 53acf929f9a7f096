/** What is recorded of a conversation when it is proven for whom it is. */
import t from 'tap';
import type { EventBody } from '../../../recorder/audit/event.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { systemClock } from '../../../sidecar/clock.ts';
import { analyse, analyseArgv } from '../../../sidecar/command/analyse.ts';
import { CursorHooks } from '../../../sidecar/cursor/hooks.ts';
import { Gate } from '../../../sidecar/gate.ts';
import type { Proven } from '../../../sidecar/identity/signed-run.ts';
import { newVault } from '../../../sidecar/mask/new-vault.ts';
import { newData } from '../../recorder/log/sample.ts';
import { told } from './told.ts';

const RUN = { issuer: 'https://i', subject: 's', agent: 'a', turn: 't-1', team: 'x' };

t.test('from when on, and again where it is another turn', async (t) => {
  const log = await AuditLog.open({ data: newData() });
  t.teardown(() => log.close());
  const asked: Identity[] = [];
  const allow = { effect: 'allow', rule: 'r', reason: 'y', unjudged: false } as const;
  const policy = {
    digest: 'p',
    decide: (_action: unknown, identity: Identity) => {
      asked.push(identity);
      return allow;
    },
  };
  const gate = new Gate({ journal: log, clock: systemClock, policy: () => policy });
  let proven: Proven | null = null;
  let turns = 0;
  const hooks = new CursorHooks({
    ...{
      home: null,
      identity: { user: 'agent', groups: [], proof: 'hook' },
      report: (error) => t.fail(String(error)),
    },
    guard: {
      journal: log,
      vault: newVault(),
      gate,
      clock: systemClock,
      analyse,
      analyseArgv,
      policy: () => 'p',
    },
    analyse: (line, { cwd }) => analyse(line, { cwd }),
    recordsThoughts: () => false,
    signed: {
      current: () => proven,
      of: (identity) =>
        proven === null ? identity : { ...identity, run: proven.run, humans: proven.humans, proof: 'signed' },
      ask: () => {
        turns++;
      },
    },
  });
  const { signal } = new AbortController();
  const tell = (event: string, own: object) => hooks.answer(told(event, own), signal);
  await tell('beforeSubmitPrompt', { prompt: 'go' });
  t.equal(turns, 1, 'a prompt begins another turn');
  await tell('beforeShellExecution', { command: 'a' });
  proven = { run: RUN, humans: ['ada@shop.example'], until: 5e15 };
  await tell('beforeShellExecution', { command: 'b' });
  await tell('beforeShellExecution', { command: 'c' });
  proven = { ...proven, run: { ...RUN, turn: 't-2' } };
  await tell('beforeShellExecution', { command: 'd' });
  await hooks.close();

  t.match(asked, [
    { proof: 'hook' },
    { proof: 'signed', humans: ['ada@shop.example'], conversation: 'conversation-1' },
  ]);
  const { sessions } = await log.sessions();
  const bodies: EventBody[] = [];
  for await (const { event } of log.events(sessions[0]!.id)) bodies.push(event.body);
  const seen = bodies.map((body) =>
    body.type === 'command.decided'
      ? body.line
      : body.type === 'identity.proven'
        ? body.identity.run?.turn
        : '',
  );
  t.same(seen.filter(Boolean), ['a', 't-1', 'b', 'c', 't-2', 'd']);
  t.match(bodies[0], { type: 'session.start', identity: { proof: 'hook' } });
});
