/** The demonstration, typed at a person's pace. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import t from 'tap';
import { chaperone, PROGRAM, temporary } from './program.ts';

// It mostly waits.
t.setTimeout(600_000);

t.test('Ctrl-C ends the demonstration at any time and leaves nothing behind', async (t) => {
  const directory = await temporary(t);
  const env = { ...process.env, TMPDIR: directory };
  const child = spawn(process.execPath, [PROGRAM, 'demo', '--port', '0'], { env });
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  t.same(await once(child, 'close'), [0, null]);
  t.same(await readdir(directory), []);
});

t.test('the demonstration plays to its end, and what it did verifies', async (t) => {
  const result = await chaperone(['demo', '--once', '--port', '0']);
  t.equal(result.status, 0);
  t.match(result.stdout, /refused by/);
  t.match(result.stdout, /hello from a guarded shell/);
});
