import { execFileSync } from 'node:child_process';
import t from 'tap';
import { localIdentity } from '../../../sidecar/identity/local.ts';

t.test('the groups are those of the process, each whole', async (t) => {
  const { groups, proof } = localIdentity({});
  const ids = execFileSync('id', ['-G'], { encoding: 'utf8' }).trim().split(' ');
  t.equal(groups.length, ids.length, 'a name with a blank in it would count twice');
  t.equal(proof, 'claimed');
});

t.test('a group whose name has a blank stays one', async (t) => {
  const { writeFile, mkdtemp, rm } = await import('node:fs/promises');
  const directory = await mkdtemp('/tmp/chaperone-test-');
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  // The real `id` over a passwd that knows such a group, as a directory service would bring it.
  const path = process.env.PATH ?? '';
  const script = `#!/bin/sh\nPATH=${path} id "$@" | sed 's/root/domain admins/g'\n`;
  await writeFile(`${directory}/id`, script, { mode: 0o755 });
  process.env.PATH = `${directory}:${path}`;
  t.teardown(async () => {
    process.env.PATH = path;
  });
  const { groups } = localIdentity({});
  t.notOk(groups.includes('admins'));
});

t.test('claims that are not identifiers are left out', async (t) => {
  t.match(localIdentity({ CURSOR_CONVERSATION_ID: 'c-1', CURSOR_REQUEST_ID: 'r:2' }), {
    conversation: 'c-1',
    generation: 'r:2',
  });
  const hostile = localIdentity({
    CURSOR_CONVERSATION_ID: 'a\u001b[31m',
    CURSOR_REQUEST_ID: 'x'.repeat(200),
  });
  t.notOk('conversation' in hostile || 'generation' in hostile);
});
