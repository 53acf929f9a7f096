/** The tarball that `npm pack` makes works elsewhere: it holds all that the program reads, and none of the sources. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import t from 'tap';
import { chaperone, temporary, up } from './program.ts';

// It starts the real program again and again.
t.setTimeout(600_000);

const ROOT = resolve(import.meta.dirname, '../..');

/** Packs what is built, and unpacks it in `directory` beside the packages that it names. */
async function unpack(directory: string): Promise<{ files: string[]; program: string }> {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory];
  const printed = execFileSync('npm', args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [made] = JSON.parse(printed) as [{ filename: string; files: { path: string }[] }];
  execFileSync('tar', ['-xzf', join(directory, made.filename), '-C', directory]);
  const unpacked = join(directory, 'package');
  const { dependencies } = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8'));
  await mkdir(join(unpacked, 'node_modules'));
  for (const name of Object.keys(dependencies))
    await symlink(join(ROOT, 'node_modules', name), join(unpacked, 'node_modules', name));
  return { files: made.files.map(({ path }) => path), program: join(unpacked, 'bin/chaperone.mjs') };
}

t.test('the packed program runs in an empty place', async (t) => {
  const elsewhere = await temporary(t);
  const { files, program } = await unpack(elsewhere);
  t.same(
    files.filter((path) => /\.tsx?$|^test/.test(path)),
    [],
    'no sources',
  );

  t.ok(files.includes('dist/pack-worker.js'), 'with the thread that packs floods');
  t.ok(files.includes('dist/agentpolicy.schema.json'), 'with the schema of policies');

  const data = join(elsewhere, 'data');
  const run = await chaperone(['shell', '--data', data, '--', 'echo', 'elsewhere'], { program });
  t.match(run, { status: 0, stdout: 'elsewhere\n' });
  const refused = await chaperone(['shell', '--data', data, '--', 'mkfs.ext4', '/dev/no-such-disk'], {
    program,
  });
  t.equal(refused.status, 126, 'with the default policy');

  const recorder = await up(t, data, { program });
  const login = await fetch(recorder.link);
  const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const page = await fetch(recorder.url, { headers: { cookie } });
  t.match(await page.text(), /<script[^>]+src="\/assets\//, 'with its page');
  t.equal(await recorder.stop(), 0);
});
