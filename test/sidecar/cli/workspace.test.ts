/** The repository around a directory is what is worked on. */
import { join } from 'node:path';
import t from 'tap';
import { workspaceOf } from '../../../sidecar/cli/workspace.ts';

t.test('the nearest repository around it, or the directory itself', async (t) => {
  const root = t.testdir({ project: { '.git': {}, src: { deep: {} } }, plain: {} });
  // The temporary directory lies in our own repository.
  t.equal(workspaceOf(join(root, 'project/src/deep'), null), join(root, 'project'));
  t.equal(
    workspaceOf(join(root, 'project'), join(root, 'project')),
    undefined,
    'a home directory is too wide',
  );
  t.equal(workspaceOf('/', null), undefined, 'and so is everything');
  t.equal(workspaceOf('/proc', null), '/proc');
});
