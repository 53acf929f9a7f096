/** Shells behind a launcher: judged, recorded, acknowledged when stored, ended. */
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { launched, question } from './launched.ts';

t.test('a shell with pipes: judged, recorded, and told to be stored', async (t) => {
  const { call, sessions, events, bodies, output } = await launched(t);
  const caller = call();
  const verdict = await caller.asks({
    argv: ['bash', '-c', 'echo hi; ls'],
    environment: { CURSOR_CONVERSATION_ID: 'talk-1', CURSOR_REQUEST_ID: 'gen-1', PATH: '/bin' },
    parent: 'node\0/opt/agent/index.js\0--api-key\0hunter22',
  });
  t.match(verdict, {
    run: true,
    argv: [],
    relay: { stdout: true, stderr: true, terminal: false, script: false },
  });
  caller.data('stdout', 0, 'hi\n');
  t.match(await caller.stored(), { stdout: 3, stderr: 0 });
  caller.data('stderr', 0, 'oh\n');
  caller.data('stdout', 3, 'a b\n');
  await caller.ends(3);
  const [session] = await sessions();
  t.match(session, {
    ...{ state: 'ended', status: 3, command: ['bash', '-c', 'echo hi; ls'], cwd: '/work', commands: 1 },
    identity: { user: 'agent', conversation: 'talk-1', generation: 'gen-1', proof: 'claimed' },
    entrance: { kind: 'launcher', shell: '/bin/bash', pid: 4321, parent: 'node /opt/agent/index.js' },
  });
  t.equal(await output(session!.id), 'hi\na b\n');
  t.equal(await output(session!.id, 'stderr'), 'oh\n');
  const all = await events(session!.id);
  t.same(
    all.map(({ body }) => body.type),
    ['session.start', 'command.decided', 'session.output', 'session.output', 'session.output', 'session.end'],
  );
  t.match(await bodies(session!.id, 'command.decided'), [
    { allowed: true, commands: [{ program: 'bash' }, { program: 'echo' }, { program: 'ls' }] },
  ]);
});

t.test('a refused one does not run, and is told why', async (t) => {
  const { call, sessions, bodies } = await launched(t);
  const caller = call();
  const verdict = await caller.asks({ argv: ['sh', '-c', 'true; refused now'] });
  t.equal(verdict.run, false);
  t.match(
    verdict.message.toString(),
    /refused by test\/refused: tests refuse it[\s\S]*chaperone-decision: \{/,
  );
  // It hears of it as soon as the decision is stored.
  while ((await sessions())[0]!.state !== 'ended') await setTimeout(5);
  const [session] = await sessions();
  t.match(session, { status: 126, refused: 1 });
  t.match(await bodies(session!.id, 'session.end'), [{ reason: 'refused' }]);
  const plain = await call().asks({
    argv: ['sh', '-c', 'refused'],
    environment: { CHAPERONE_DECISIONS: 'text' },
  });
  t.notMatch(plain.message.toString(), /chaperone-decision/);
});

const REVIEWER = { user: 'ann', groups: [], login: 'test' };

t.test('a person is asked while the launcher waits; who leaves is not asked for any more', async (t) => {
  const { call, desk, sessions, bodies } = await launched(t);
  const waiting = async () => {
    for (;;) {
      const found = desk.list().find(({ settled }) => settled === null);
      if (found !== undefined) return found.request;
      await setTimeout(5);
    }
  };
  const caller = call();
  caller.say(question({ argv: ['bash', '-c', 'asked'] }));
  await caller.hears('wait');
  const { id, session } = await waiting();
  t.equal((await sessions())[0]!.id, session, 'its session has begun');
  await desk.vote(id, REVIEWER, { vote: 'approve' });
  t.match(await caller.hears('verdict'), { run: true });
  await caller.ends();
  t.match(await bodies(session, 'command.decided'), [{ allowed: true, approval: { state: 'approved' } }]);

  const leaving = call();
  leaving.say(question({ argv: ['bash', '-c', 'asked again'] }));
  await leaving.hears('wait');
  const left = await waiting();
  leaving.hangUp();
  while ((await sessions()).at(-1)!.state !== 'ended') await setTimeout(5);
  t.match(await bodies(left.session, 'command.decided'), [
    { allowed: false, approval: { state: 'abandoned' } },
  ]);
});

t.test(
  'scripts: from a file as it was told, from standard input as a whole, and what cannot be seen',
  async (t) => {
    const { call, sessions, bodies } = await launched(t);
    const decided = async (told: Parameters<typeof question>[0]) => {
      const verdict = await call().asks(told);
      const [decision] = await bodies((await sessions()).at(-1)!.id, 'command.decided');
      return { run: verdict.run, ...decision! };
    };
    const file = await decided({ argv: ['bash', './x.sh', 'a'], script: 'ls\nrefused $1\n' });
    t.match(file, { run: false, commands: [{ program: 'bash' }, { program: 'ls' }, { program: 'refused' }] });
    const unseen = await decided({ argv: ['bash', './x.sh'] });
    t.match(unseen, { run: true, unknown: [/not seen/] });
    const input = await decided({
      argv: ['sh', '-s', 'a'],
      stdin: 'file',
      script: 'cat <<E\nrefused\nE\nrefused\n',
    });
    t.match(input, { run: false, line: /^cat <</ });
    const harmless = await decided({ argv: ['sh'], stdin: 'file', script: 'cat <<E\nrefused\nE\n' });
    t.match(harmless, { run: true, unknown: [], commands: [{ program: 'cat' }, { program: 'sh' }] });
    t.match(await decided({ argv: ['sh'], stdin: 'file' }), { unknown: [/not watched/] });
    t.match(await decided({ argv: ['sh'] }), { run: true, unknown: [] });
    const started = { BASH_ENV: '/srv/env.sh' };
    t.match(await decided({ argv: ['bash', '-c', 'ls'], environment: started }), { unknown: [/not seen/] });
    const functions = { 'BASH_FUNC_ls%%': '() {  refused\n}' };
    t.match(await decided({ argv: ['bash', '-c', 'ls'], environment: functions }), { run: false });
  },
);

t.test('what a shell starts is a command of its session, by its token and not by its id', async (t) => {
  const { call, sessions, bodies } = await launched(t);
  const outer = call();
  const { environment } = await outer.asks({ argv: ['bash', '-c', 'npm test'] });
  const given = Object.fromEntries(environment.map((pair) => pair.toString().split('=', 2)));
  const inner = call();
  const verdict = await inner.asks({ argv: ['sh', '-c', 'ls'], environment: given });
  t.match(verdict, { run: true, relay: { stdout: false, stderr: false }, environment: [] });
  t.equal(verdict.token.length, 0);
  await inner.isClosed();
  t.equal((await sessions()).length, 1);
  const session = given.CHAPERONE_SHELL!;
  t.match(await bodies(session, 'command.decided'), [{ line: /npm/ }, { line: /ls/ }]);
  t.equal((await call().asks({ argv: ['sh', '-c', 'refused'], environment: given })).run, false);

  const byId = { ...given, CHAPERONE_SHELL_TOKEN: 'A'.repeat(22) };
  const other = call();
  t.not((await other.asks({ environment: byId })).token.length, 0, 'a session of its own');
  await outer.ends();
  const late = call();
  t.not((await late.asks({ environment: given })).token.length, 0, 'that one is over');
  t.equal((await bodies(session, 'command.decided')).length, 3);
});

t.test('a script on a pipe: what is allowed goes on, statement by statement', async (t) => {
  const { call, sessions, bodies } = await launched(t);
  for (const nested of [false, true]) {
    const outer = call();
    const { environment } = await outer.asks({});
    const given = Object.fromEntries(environment.map((pair) => pair.toString().split('=', 2)));
    const caller = call();
    const verdict = await caller.asks({
      ...{ argv: ['bash', '-s'], stdin: 'pipe' },
      environment: nested ? given : {},
    });
    t.match(verdict, { run: true, relay: { script: true } });
    const script = (offset: number, text: string) =>
      caller.say({ kind: 'script', offset, bytes: Buffer.from(text) });
    script(0, 'echo one\nif true; then\n');
    t.equal((await caller.hears('pass')).bytes.toString(), 'echo one\n');
    script(23, 'echo two\nfi\n');
    t.equal((await caller.hears('pass')).bytes.toString(), 'if true; then\necho two\nfi\n');
    script(35, 'echo three\nrefused\necho four\n');
    t.equal((await caller.hears('pass')).bytes.toString(), 'echo three\n');
    t.match(await caller.hears('stop'), { status: 126, message: /refused by test\/refused/ });
    await caller.ends(126);
    await outer.ends();
    const session = nested ? given.CHAPERONE_SHELL! : (await sessions()).at(-1)!.id;
    t.match((await bodies(session, 'command.decided')).at(-1), { line: /refused/, allowed: false });
  }
  const caller = call();
  await caller.asks({ argv: ['bash'], stdin: 'pipe' });
  caller.say({ kind: 'script', offset: 0, bytes: Buffer.from('echo last') });
  caller.say({ kind: 'script', offset: 9, bytes: Buffer.alloc(0) });
  t.equal((await caller.hears('pass')).bytes.toString(), 'echo last');
  t.equal((await caller.hears('pass')).bytes.length, 0);
});

t.test('known secrets are masked in what is stored, and what is acknowledged is what came', async (t) => {
  const { call, sessions, output, bodies, vault } = await launched(t);
  vault.pin('s3cret-value-1', { record: true, agent: false });
  const caller = call();
  await caller.asks({});
  caller.data('stdout', 0, 'a s3cret-');
  caller.data('stdout', 9, 'value-1 b\n');
  let stored = 0;
  while (stored < 19) stored = (await caller.stored()).stdout;
  t.equal(stored, 19);
  caller.data('stdout', 19, 'the end: s3cret-');
  caller.say({ kind: 'exited', signal: false, code: 0 });
  while (stored < 35) stored = (await caller.stored()).stdout;
  caller.say({ kind: 'end' });
  await caller.isClosed();
  const { id } = (await sessions())[0]!;
  t.notMatch(await output(id), /value/);
  const covered = (await bodies(id, 'session.output')).map(({ covers, content }) => covers ?? content.bytes);
  t.equal(
    covered.reduce((sum, one) => sum + one),
    35,
  );
});

t.test(
  'a launcher comes back to its session, over a restart of ours as well; nothing is lost or twice',
  async (t) => {
    const place = await launched(t);
    place.vault.pin('s3cret-value-1', { record: true, agent: false });
    const { call, sessions, output } = place;
    const first = call();
    const { token } = await first.asks({});
    first.data('stdout', 0, 'one s3cret-value-1\n');
    let stored = 0;
    while (stored < 19) stored = (await first.stored()).stdout;
    first.data('stderr', 0, 'two\n');
    while ((await first.stored()).stderr < 4);
    const resume = async () => {
      const caller = call();
      caller.say({ kind: 'resume', token, acknowledged: { stdout: 0, stderr: 0, terminal: 0 } });
      return { caller, stored: await caller.stored() };
    };
    const again = await resume();
    t.same(again.stored, { stdout: 19, stderr: 4, terminal: 0 });
    await first.isClosed();
    again.caller.data('stdout', 19, 'three s3cret-va');
    again.caller.hangUp();
    await place.restart();
    t.equal((await sessions())[0]!.state, 'cut-off');
    const after = await resume();
    const from = after.stored.stdout;
    t.ok(from >= 19 && from <= 34);
    after.caller.data('stdout', from, 'three s3cret-value-1\n'.slice(from - 19));
    while ((await after.caller.stored()).stdout < 40);
    await after.caller.ends(7);
    const [session] = await sessions();
    t.match(session, { state: 'ended', status: 7 });
    const text = await output(session!.id);
    t.match(text, /^one \S+\nthree \S+\n$/);
    t.equal(await output(session!.id, 'stderr'), 'two\n');
    t.ok((await place.log.verify()).ok);

    const late = call();
    late.say({ kind: 'resume', token, acknowledged: { stdout: 0, stderr: 0, terminal: 0 } });
    t.match(await late.hears('verdict'), { run: false }, 'it is over');
  },
);

t.test('who does not come back is recorded as lost', async (t) => {
  const { call, sessions } = await launched(t, { patience: 20 });
  const caller = call();
  await caller.asks({});
  caller.data('stdout', 0, 'half a li');
  await caller.stored();
  caller.hangUp();
  while ((await sessions())[0]!.state !== 'ended') await setTimeout(5);
  t.match((await sessions())[0], { error: /launcher was lost/, outputBytes: 9 });
});

t.test('a session is ended from outside', async (t) => {
  const { call, sessions, endings } = await launched(t);
  const caller = call();
  await caller.asks({});
  const { id } = (await sessions())[0]!;
  t.ok(endings.end(id, 'ann has left'));
  t.match((await caller.hears('close')).message.toString(), /ann has left/);
  await caller.ends(9, true);
  t.match((await sessions())[0], { state: 'ended', error: /ann has left/ });
  t.notOk(endings.end(id, 'once more'));
});
