import { userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { dataDirectory } from '../../../sidecar/cli/data.ts';

t.test('the default is in the user’s own home, wherever the process stands', async (t) => {
  const { HOME, XDG_STATE_HOME } = process.env;
  t.teardown(async () => void Object.assign(process.env, { HOME, XDG_STATE_HOME }));
  delete process.env.XDG_STATE_HOME;
  process.env.HOME = '/home/ada';
  t.equal(dataDirectory(undefined), '/home/ada/.local/state/chaperone');
  t.equal(dataDirectory(''), '/home/ada/.local/state/chaperone');
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
