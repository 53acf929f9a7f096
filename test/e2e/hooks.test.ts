/** Cursor's hooks as they are installed: the command of hooks.json by a shell, its answer, and what is recorded. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { ApprovalView } from '../../recorder/server/api.ts';
import { told } from '../sidecar/cursor/told.ts';
import { needs } from '../tool.ts';
import { chaperone, temporary, up } from './program.ts';

t.setTimeout(600_000);

const POLICY = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: team }
spec:
  defaults: { commands: allow, tools: allow, unknown: ask }
  commands:
    - { name: no-push, match: { program: [git], subcommand: [push] }, effect: deny, reason: Not from here., instead: open a pull request }
    - { name: builds, match: { program: [make] }, effect: ask, reason: Somebody else looks first. }
  tools:
    - { name: no-env, match: { reads: ['/srv/shop/.env'] }, effect: deny, reason: Passwords are in it. }
    - { name: no-mail, match: { servers: ['https://mail.example/*'] }, effect: deny, reason: Nobody is written to. }
`;

interface HookAnswer {
  status: number;
  answer: { permission?: string; continue?: boolean; user_message?: string; agent_message?: string };
  stderr: string;
}

/** As Cursor starts a hook. */
function start(command: string, input: Buffer): { done: Promise<HookAnswer>; kill(): void } {
  let kill = () => {};
  const done = new Promise<HookAnswer>((resolve) => {
    const child = execFile('/bin/sh', ['-c', `exec ${command}`], (error, stdout, stderr) =>
      resolve({
        status: error === null ? 0 : Number(error.code ?? -1),
        answer: stdout === '' ? {} : JSON.parse(stdout),
        stderr,
      }),
    );
    child.stdin!.on('error', () => undefined).end(input);
    kill = () => child.kill('SIGKILL');
  });
  return { done, kill };
}

t.test("Cursor's hooks ask, wait, and are recorded", async (t) => {
  if (!needs(t, 'cc')) return;
  const data = await temporary(t);
  const project = await temporary(t);
  await writeFile(join(data, 'policy.yaml'), POLICY, { mode: 0o600 });
  const { stop } = await up(t, data);
  const hooks = (...args: string[]) => chaperone(['hooks', ...args, '--data', data]);
  const here = ['--project', project];

  t.match(await hooks('check', ...here), { status: 3, stderr: /hooks install/ });
  await mkdir(join(project, '.cursor'));
  const path = join(project, '.cursor/hooks.json');
  await writeFile(path, '{"version":1,"hooks":{"stop":[{"command":"./mine.sh"}]}}');
  t.match(await hooks('check', ...here), { status: 1, stdout: /beforeShellExecution has no hook of ours/ });
  t.equal((await hooks('install', ...here)).status, 0);
  t.match(await hooks('check', ...here), { status: 0 });
  const installed = JSON.parse(await readFile(path, 'utf8'));
  t.match(installed.hooks.stop, [{ failClosed: true }, { command: './mine.sh' }]);
  t.same(JSON.parse((await hooks('print')).stdout).hooks.preToolUse, installed.hooks.preToolUse);
  await writeFile(path, '{"version":1,');
  t.match(await hooks('install', ...here), { status: 2, stderr: /is not changed/ });
  t.equal(await readFile(path, 'utf8'), '{"version":1,');

  const { command } = installed.hooks.preToolUse[0];
  const ask = (event: string, own: object) => start(command, told(event, own)).done;

  t.match(await ask('beforeSubmitPrompt', { prompt: 'tidy up the shop' }), {
    status: 0,
    answer: { continue: true },
  });
  t.match(await ask('beforeShellExecution', { command: 'git status' }), { answer: { permission: 'allow' } });
  t.match(await ask('beforeShellExecution', { command: 'cd x && git push' }), {
    status: 0,
    answer: {
      permission: 'deny',
      user_message: /team\/no-push: Not from here/,
      agent_message: /open a pull request/,
    },
  });
  t.match(await ask('beforeReadFile', { file_path: '/srv/shop/.env', content: 'PASSWORD=hunter2' }), {
    answer: { permission: 'deny', user_message: /no-env/ },
  });
  const mail = { tool_name: 'send', tool_input: '{"to":"all"}', url: 'https://mail.example/mcp' };
  t.match(await ask('beforeMCPExecution', mail), { answer: { permission: 'deny' } });
  t.match(await start(command, Buffer.from('no json')).done, { status: 2, stderr: /no JSON object/ });

  await t.test('a person is asked once, though two hooks tell of the command', async (t) => {
    const first = start(command, told('preToolUse', { tool_name: 'Shell', tool_input: { command: 'make' } }));
    const view = await pending(data);
    t.match(view, {
      asked: { kind: 'command', line: 'make' },
      requester: { conversation: 'conversation-1', proof: 'hook' },
    });
    t.equal((await chaperone(['approvals', 'approve', view.id, '--data', data])).status, 0);
    t.match(await first.done, { answer: { permission: 'allow' } });
    t.match(await ask('beforeShellExecution', { command: 'make' }), { answer: { permission: 'allow' } });
    // The next one is another: one approval is one execution.
    const second = start(command, told('beforeShellExecution', { command: 'make' }));
    const again = await pending(data);
    t.not(again.id, view.id);
    second.kill();
    await chaperone(['approvals', 'deny', again.id, '--data', data]);
  });

  await ask('sessionEnd', { session_id: 'conversation-1' });
  const { stdout } = await chaperone(['sessions', '--data', data, '--json']);
  const sessions = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const [conversation] = sessions.filter(({ entrance }) => entrance?.conversation === 'conversation-1');
  t.match(conversation, { state: 'ended', identity: { proof: 'hook' }, entrance: { roots: ['/srv/shop'] } });
  const shown = (await chaperone(['show', conversation.id, '--data', data])).stdout;
  t.match(shown, /Cursor conversation conversation-1/);
  t.match(shown, /✗ cd x && git push {2}\(refused by team\/no-push/);
  t.match(shown, /✗ read \/srv\/shop\/\.env/);
  t.match(shown, /✗ call send of https:\/\/mail\.example\/mcp/);
  const events = (await chaperone(['export', conversation.id, '-f', 'json', '--data', data])).stdout;
  t.match(events, /tidy up the shop|hook\.received/);
  t.notMatch(Buffer.from(events).toString('utf8'), /hunter2/, 'what a file holds is not kept');
  t.equal(await stop(), 0);
  t.match(await ask('beforeShellExecution', { command: 'ls' }), { status: 2, stderr: /start chaperone/ });
  t.match(await chaperone(['verify', '--data', data]), { status: 0 });
});

t.test('where no socket can be, everybody is told', async (t) => {
  if (!needs(t, 'cc')) return;
  const data = join(await temporary(t), 'd'.repeat(100));
  const project = await temporary(t);
  const { stop, complained } = await up(t, data);
  t.match(
    complained(),
    /^chaperone: Cursor's hooks cannot ask here: .* too long, \d+ bytes of at most 107: [^\n]*\n$/,
  );
  t.equal(await stop(), 0);
  for (const verb of ['install', 'check', 'print']) {
    const where = verb === 'print' ? [] : ['--project', project];
    const said = await chaperone(['hooks', verb, ...where, '--data', data]);
    t.match(said, { status: 2, stdout: '', stderr: /^chaperone: .*too long.*CHAPERONE_SOCKET.*\n$/ }, verb);
  }
  t.same(await readdir(project), [], 'nothing is installed that could not ask');
});

async function pending(data: string): Promise<ApprovalView> {
  for (;;) {
    const { stdout } = await chaperone(['approvals', 'list', '--json', '--data', data]);
    const views = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as ApprovalView);
    const first = views.find(({ state }) => state === 'pending');
    if (first !== undefined) return first;
    await sleep(50);
  }
}
