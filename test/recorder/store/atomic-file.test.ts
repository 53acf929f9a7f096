/** Replacing a file: nothing that somebody planted beside it is written through, and nothing is left behind. */
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { removeStaleDrafts, replaceFile } from '../../../recorder/store/atomic-file.ts';

t.test('the new text is there, of the right mode, and nothing else', async (t) => {
  const base = t.testdir();
  await replaceFile(join(base, 'token'), 'one');
  await replaceFile(join(base, 'token'), 'two');
  t.equal(readFileSync(join(base, 'token'), 'utf8'), 'two');
  t.equal(statSync(join(base, 'token')).mode & 0o777, 0o600);
  t.same(readdirSync(base), ['token']);
});

t.test('a link planted beside it, or in its place, is not written through', async (t) => {
  const base = t.testdir({ victim: 'theirs', 'other-victim': 'theirs' });
  symlinkSync('victim', join(base, 'token.new'));
  symlinkSync('other-victim', join(base, 'token'));
  await replaceFile(join(base, 'token'), 'ours');
  t.equal(readFileSync(join(base, 'victim'), 'utf8'), 'theirs');
  t.equal(readFileSync(join(base, 'other-victim'), 'utf8'), 'theirs');
  t.equal(readFileSync(join(base, 'token'), 'utf8'), 'ours');
});

t.test('where it fails, one line says why, and no draft is left', async (t) => {
  const base = t.testdir();
  mkdirSync(join(base, 'token'));
  await t.rejects(replaceFile(join(base, 'token'), 'x'), {
    code: 'STORE_FAILED',
    message: /token cannot be written or read: a directory is in its place/,
  });
  t.same(readdirSync(base), ['token']);
  await t.rejects(replaceFile(join(base, 'gone/token'), 'x'), { code: 'STORE_FAILED' });
});

t.test('drafts of a process that was killed are removed, files of others are not', async (t) => {
  const base = t.testdir();
  const names = ['token.0123456789abcdef.new', 'mine.0123456789abcdef.new', 'token.new', 'token'];
  for (const name of names) writeFileSync(join(base, name), '');
  await removeStaleDrafts(base, ['token']);
  t.same(readdirSync(base).sort(), ['mine.0123456789abcdef.new', 'token', 'token.new']);
});
