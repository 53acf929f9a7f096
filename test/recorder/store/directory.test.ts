/** Directories are made one at a time, and where one cannot be made it is said, at once. */
import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makePrivateDirectory } from '../../../recorder/store/directory.ts';

const mode = (path: string) => statSync(path).mode & 0o777;

t.test('all that is missing is made, for the owner only; what is there stays as it is', async (t) => {
  const base = t.testdir();
  mkdirSync(join(base, 'open'), { mode: 0o755 });
  await makePrivateDirectory(join(base, 'open/a/b/c'));
  for (const path of ['open/a', 'open/a/b', 'open/a/b/c']) t.equal(mode(join(base, path)), 0o700);
  await makePrivateDirectory(join(base, 'open'));
  t.equal(mode(join(base, 'open')), 0o755);
});

t.test('two at once make one', async (t) => {
  const path = join(t.testdir(), 'a/b/c');
  await Promise.all([makePrivateDirectory(path), makePrivateDirectory(path), makePrivateDirectory(path)]);
  t.ok(existsSync(path));
});

t.test('where the kernel makes none, and where something else is in the way, one line says so', async (t) => {
  const base = t.testdir();
  writeFileSync(join(base, 'file'), '');
  symlinkSync('nowhere', join(base, 'dangling'));
  symlinkSync('loop', join(base, 'loop'));
  const cases = [
    join(base, 'file'),
    join(base, 'file/below'),
    join(base, 'dangling/below'),
    join(base, 'loop/below'),
    ...(existsSync('/proc/self') ? ['/proc/chaperone-nope', '/proc/chaperone-nope/log'] : []),
  ];
  for (const path of cases) {
    const error = await makePrivateDirectory(path).catch((error) => error);
    t.match(error, { code: 'STORE_FAILED', message: /^the directory \S+ cannot be made: [^\n]+$/ }, path);
    t.notMatch(error.message, /\bE[A-Z]{3,}\b/, 'in words');
  }
});
