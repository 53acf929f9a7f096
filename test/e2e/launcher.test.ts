/** An agent's shells behind the launcher, beside `chaperone up`: what they start reaches the cluster in their name. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import t from 'tap';
import { kubectl } from '../kubectl.ts';
import { cursorBash } from '../sidecar/agent/wrappers.ts';
import { needs } from '../tool.ts';
import { chaperone, temporary, up } from './program.ts';
import { world } from './upstream.ts';

t.setTimeout(600_000);

const LAUNCHER = resolve(import.meta.dirname, '../../dist/chaperone-launcher');

t.test(
  'kubectl in a command of the agent: its request is recorded beside the command that made it',
  async (t) => {
    const binary = kubectl('current');
    if (binary === null || !needs(t, 'cc')) {
      t.pass('no kubectl for this machine', { skip: true });
      return;
    }
    const { data, flags } = await world(t);
    const { stop } = await up(t, data, { flags });
    const shells = join(await temporary(t), 'bin');
    await mkdir(shells);
    for (const name of ['bash', 'sh', 'zsh']) await symlink(LAUNCHER, join(shells, name));

    const command = `sh -c '${binary} get --raw /healthz'`;
    const [, ...args] = cursorBash(command);
    const child = spawn(join(shells, 'bash'), args, {
      stdio: ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'],
      env: {
        ...{ PATH: `${shells}:/usr/bin:/bin`, HOME: data, CHAPERONE_SOCKET: join(data, 'agent.sock') },
        CURSOR_CONVERSATION_ID: 'talk-7',
      },
    });
    let out = '';
    child.stdout!.on('data', (piece) => (out += piece));
    child.stdio[4]!.on('data' as never, () => undefined);
    // A former command's session, as a snapshot brings it back.
    (child.stdio[3] as NodeJS.WritableStream).end(
      'dump_bash_state() { :; }\nexport KUBECONFIG=/nonexistent CHAPERONE_SHELL=01J00000000000000000000000\n',
    );
    const [status] = await once(child, 'close');
    t.equal(status, 0);
    t.match(JSON.parse(out), { path: '/healthz' });
    t.equal(await stop(), 0);

    const listed = await chaperone(['sessions', '--data', data, '--json']);
    const [session, ...others] = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    t.same(others, []);
    t.match(session, {
      ...{ state: 'ended', status: 0, requests: 1, commands: 2 },
      identity: { conversation: 'talk-7', proof: 'claimed' },
      entrance: { kind: 'launcher', wrapper: { agent: 'cursor', line: command } },
    });
    const { stdout: shown } = await chaperone(['show', session.id, '--data', data]);
    t.match(shown, /what +sh -c[\s\S]*shell +\S+\/bash \(process \d+\)[\s\S]*wrapper of +Cursor/);
    t.match(shown, /get \/healthz/);
    t.equal((await chaperone(['verify', '--data', data])).status, 0);
  },
);
