/** A person is asked: the shell waits, goes on, or gives up; and it is the same shell afterwards. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { Desk } from '../../../recorder/approvals/desk.ts';
import type { StoredEvent } from '../../../recorder/log/ports.ts';
import type { CommandAction } from '../../../sidecar/action.ts';
import { needs } from '../../tool.ts';
import { type Guarded, guarded, PROMPT } from './guarded.ts';

const REVIEWER = { user: 'reviewer', groups: [], login: 'browser-1' };
const asks = ({ commands }: CommandAction) => commands.some(({ program }) => /^asked/.test(program ?? ''));
const FILES = { asked: '#!/bin/sh\necho ran "$@"\n' };

async function started(t: Parameters<typeof guarded>[0], shell: 'bash' | 'zsh'): Promise<Guarded> {
  const made = await guarded(t, { request: { kind: 'shell', shell }, asks, files: FILES });
  await made.typist.sees(PROMPT);
  await made.typist.line('chmod +x asked; PATH=$HOME:$PATH');
  return made;
}

async function waiting(desk: Desk): Promise<string> {
  for (;;) {
    const [first] = desk.list();
    if (first?.settled === null) return first.request.id;
    await sleep(5);
  }
}

function decisions(events: readonly StoredEvent[]) {
  return events.flatMap(({ event: { body } }) =>
    body.type === 'command.decided' && body.approval ? [body] : [],
  );
}

for (const shell of ['bash', 'zsh'] as const) {
  t.test(`${shell} waits, and what is approved runs once`, async (t) => {
    if (!needs(t, shell)) return;
    const { typist, desk, events } = await started(t, shell);
    typist.type('asked 1; echo after\r');
    await typist.sees(/waits for a person's approval/);
    await desk.vote(await waiting(desk), REVIEWER, { vote: 'approve' });
    t.match(await typist.sees(PROMPT), /ran 1\r\nafter/);
    const [decided] = decisions(await events());
    t.match(decided, {
      allowed: true,
      decision: { effect: 'ask' },
      approval: { state: 'approved', by: ['reviewer'] },
    });
  });

  t.test(`${shell} is told of a refusal, and gives up the rest of the line`, async (t) => {
    if (!needs(t, shell)) return;
    const { typist, desk, events } = await started(t, shell);
    typist.type('asked 2; echo after\r');
    await typist.sees(/waits/);
    await desk.vote(await waiting(desk), REVIEWER, { vote: 'deny', comment: 'not today' });
    const shown = await typist.sees(PROMPT);
    t.match(shown, /denied by reviewer \(not today\)/);
    t.notMatch(shown, /^(ran 2|after)/m);
    t.match(decisions(await events()), [
      { allowed: false, approval: { state: 'denied', comment: 'not today' } },
    ]);
    t.match(await typist.line('echo alive'), { shown: /alive/, status: 0 });
  });

  t.test(`Ctrl-C gives up in ${shell}; the same again joins what waits`, async (t) => {
    if (!needs(t, shell)) return;
    const { typist, desk, events } = await started(t, shell);
    typist.type('asked 3\r');
    await typist.sees(/waits/);
    const id = await waiting(desk);
    typist.type('\x03');
    await typist.sees(PROMPT);
    t.match(await typist.line('echo alive'), { shown: /alive/, status: 0 });
    t.match(decisions(await events()), [{ allowed: false, approval: { id, state: 'abandoned' } }]);
    await desk.vote(id, REVIEWER, { vote: 'approve' });
    t.match(await typist.line('asked 3'), { shown: /ran 3/, status: 0 }, 'without being asked again');
    t.match(decisions(await events())[1], { allowed: true, approval: { id, state: 'approved' } });
  });
}

t.test('a script that is another one by the time it is approved is asked about anew', async (t) => {
  if (!needs(t, 'bash')) return;
  const { typist, desk } = await guarded(t, {
    request: { kind: 'shell', shell: 'bash' },
    asks,
    files: FILES,
  });
  await typist.sees(PROMPT);
  await typist.line('chmod +x asked');
  const home = (await typist.line('pwd')).shown.split('\r\n')[1]!;
  typist.type('./asked 4\r');
  await typist.sees(/waits/);
  const first = await waiting(desk);
  await writeFile(join(home, 'asked'), '#!/bin/sh\necho something else\n');
  await chmod(join(home, 'asked'), 0o755);
  await desk.vote(first, REVIEWER, { vote: 'approve' });
  await typist.sees(/waits/);
  const second = await waiting(desk);
  t.not(second, first);
  await desk.vote(second, REVIEWER, { vote: 'deny' });
  t.notMatch(await typist.sees(PROMPT), /^something else/m);
});

t.test('a command that is started whole waits as well, and a signal ends the wait', async (t) => {
  const request = { kind: 'argv' as const, argv: ['/bin/sh', '-c', 'asked 5'] };
  const { desk, ended, events, signal } = await guarded(t, { request, asks });
  const id = await waiting(desk);
  signal('SIGTERM');
  t.match(await ended, { status: 126 });
  t.match(decisions(await events()), [{ allowed: false, approval: { id, state: 'abandoned' } }]);
});
