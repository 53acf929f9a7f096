import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { dataDirectory, requirePrivate } from '../../../sidecar/cli/data.ts';

t.test('the default is in the user’s own home, wherever the process stands', async (t) => {
  const { HOME, XDG_STATE_HOME } = process.env;
  t.teardown(async () => void Object.assign(process.env, { HOME, XDG_STATE_HOME }));
  delete process.env.XDG_STATE_HOME;
  process.env.HOME = '/home/agent';
  t.equal(dataDirectory(undefined), '/home/agent/.local/state/chaperone');
  t.equal(dataDirectory(''), '/home/agent/.local/state/chaperone');
  for (const home of ['', 'relative']) {
    process.env.HOME = home;
    t.equal(dataDirectory(undefined), join(userInfo().homedir, '.local/state/chaperone'), `HOME=${home}`);
  }
  process.env.XDG_STATE_HOME = '/state';
  t.equal(dataDirectory(undefined), '/state/chaperone');
  process.env.XDG_STATE_HOME = 'relative';
  t.equal(dataDirectory(undefined), join(userInfo().homedir, '.local/state/chaperone'));
  t.equal(dataDirectory('x'), join(process.cwd(), 'x'));
});

t.test('nothing is recorded where others can put things', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-test-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  await t.resolves(requirePrivate(directory));
  await t.resolves(requirePrivate(join(directory, 'not-there-yet')));
  for (const mode of [0o777, 0o1777, 0o702]) {
    await chmod(directory, mode);
    await t.rejects(requirePrivate(directory), { code: 'FORBIDDEN' }, mode.toString(8));
  }
  // A volume as Kubernetes mounts it: root's, and writable by the pod's group.
  await chmod(directory, 0o2770);
  await t.resolves(requirePrivate(directory));
  if (process.getuid?.() !== 0) return;
  await chown(directory, 12_345, 0);
  await t.rejects(requirePrivate(directory), { code: 'FORBIDDEN' }, 'another user’s');
});
