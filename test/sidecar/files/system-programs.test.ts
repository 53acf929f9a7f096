/** What a file is, told by what is in it: with real programs, real copies and real links. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { buildIdOf, isElf } from '../../../sidecar/files/build-id.ts';
import { MachineFiles } from '../../../sidecar/files/machine-files.ts';
import { SystemPrograms } from '../../../sidecar/files/system-programs.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { needs } from '../../tool.ts';

const place = realpathSync(temporaryDirectory());
const at = (name: string) => join(place, name);
const bin = at('bin');
mkdirSync(bin);
mkdirSync(at('work'));
copyFileSync('/bin/rm', join(bin, 'rm'));
copyFileSync('/bin/bash', join(bin, 'bash'));
linkSync(join(bin, 'rm'), join(bin, 'remove'));
symlinkSync('rm', join(bin, 'link-to-rm'));

/** As if the system had these programs alone, all of them older than it. */
const old = () => new SystemPrograms(Date.now() + 60_000, [bin]);
const standing = (path: string, programs = old()) => new MachineFiles({ programs }).view().standing(path);
const named = (name: string) => join(bin, name);

t.test('copies, also longer ones, and other names of the same file', async (t) => {
  copyFileSync(named('rm'), at('work/copy'));
  t.match(standing(at('work/copy')), { kind: 'known', paths: [named('remove'), named('rm')] });
  appendFileSync(at('work/copy'), 'x'.repeat(5000));
  t.match(standing(at('work/copy')), { kind: 'known' }, 'with something behind its end');
  linkSync(named('bash'), at('work/hard'));
  t.strictSame(standing(at('work/hard')), { kind: 'known', paths: [named('bash')] });
  symlinkSync(named('link-to-rm'), at('work/soft'));
  t.strictSame(standing(at('work/soft')), {
    kind: 'known',
    paths: [named('link-to-rm'), named('rm')],
  });
});

t.test('what is no program of the system is what its name says', async (t) => {
  copyFileSync('/bin/cat', at('work/cat'));
  writeFileSync(at('work/data'), '\x7fELFnot really');
  writeFileSync(at('work/empty'), '');
  writeFileSync(at('work/zeros'), Buffer.alloc(statSync(named('rm')).size));
  for (const name of ['cat', 'data', 'empty', 'zeros', 'nothing', '.'])
    t.strictSame(standing(at(`work/${name}`)), { kind: 'named' }, name);
});

t.test('a program that changed since is known again', async (t) => {
  const programs = old();
  copyFileSync(named('bash'), at('work/later'));
  t.match(standing(at('work/later'), programs), { kind: 'known' });
  copyFileSync('/bin/cat', named('cat'));
  copyFileSync('/bin/cat', at('work/later'));
  t.strictSame(standing(at('work/later'), programs), { kind: 'known', paths: [named('cat')] });
});

t.test('in the directories of the system names are trusted as far as they came with it', async (t) => {
  if (process.getuid?.() !== 0) return t.comment('only root owns what it makes as the system does');
  const since = new SystemPrograms(0, [bin]);
  t.strictSame(standing(named('link-to-rm')), { kind: 'named' }, 'it came with the system');
  t.match(standing(named('link-to-rm'), since), { kind: 'known' }, 'it was made since');
  copyFileSync(named('bash'), named('ls'));
  t.strictSame(standing(named('ls'), since), { kind: 'known', paths: [named('bash')] });
});

t.test('scripts say what they are for', async (t) => {
  const text = (name: string, content: string) => {
    writeFileSync(at(`work/${name}`), content);
    return standing(at(`work/${name}`));
  };
  t.match(text('s1', '#!/bin/sh\nls\n'), { kind: 'script', shell: 'sh', text: '#!/bin/sh\nls\n' });
  t.match(text('s2', '#! /usr/bin/env -S X=1 zsh -f\n'), { kind: 'script', shell: 'zsh' });
  t.match(text('s3', '#!/usr/bin/python3\n'), { kind: 'script', shell: 'python3' });
  t.match(text('s4', 'ls\n'), { kind: 'script', shell: 'sh' }, 'a shell runs what has no head');
  t.strictSame(text('s5', 'l\0s\n'), { kind: 'named' });
  t.match(text('s6', `#!/bin/sh\n${'#'.repeat(70_000)}`), { kind: 'script', text: null }, 'too long');
  writeFileSync(at('work/latin'), Buffer.from('#!/bin/sh\necho \xe9\n', 'latin1'));
  t.match(standing(at('work/latin')), { kind: 'script', text: null }, 'not UTF-8');
});

t.test('nothing waits for a pipe', async (t) => {
  if (!needs(t, 'mkfifo')) return;
  execFileSync('mkfifo', [at('work/pipe')]);
  const view = new MachineFiles({ programs: old() }).view();
  t.strictSame(view.standing(at('work/pipe')), { kind: 'named' });
  t.equal(view.text(at('work/pipe')), null);
});

t.test('what is looked up for one line is bounded', async (t) => {
  const view = new MachineFiles({ programs: old() }).view();
  for (let n = 0; n < 5000; n++) view.follow(`/no/such/${n}`, true);
  t.ok(view.exhausted);
  t.match(analyse('cat /a/b', { cwd: '/', files: view }).unknown, [{ code: 'limit' }], 'and said');
  t.equal(view.text(at('work/s1')), null);
  t.strictSame(view.standing(at('work/hard')), { kind: 'named' });
});

t.test('build IDs: read by readelf as well, and never by what is torn', async (t) => {
  const head = readFileSync('/bin/bash').subarray(0, 4096);
  t.ok(isElf(head));
  const id = buildIdOf(head);
  if (needs(t, 'readelf')) {
    const notes = execFileSync('readelf', ['-n', '/bin/bash'], { encoding: 'utf8' });
    t.equal(id, /Build ID: ([0-9a-f]+)/.exec(notes)?.[1] ?? null);
  }
  for (let length = 0; length < head.length; length += 7) {
    const torn = buildIdOf(head.subarray(0, length));
    t.ok(torn === null || torn === id, `${length}`);
  }
  for (let place = 0; place < 1024; place++) {
    const wrong = Buffer.from(head);
    wrong[place] = 0xff;
    t.doesNotThrow(() => buildIdOf(wrong), `${place}`);
  }
});

t.test('a file that others may execute and not read is not told by its name', async (t) => {
  if (process.getuid?.() === 0) return t.comment('root reads everything');
  copyFileSync(named('rm'), at('work/hidden'));
  truncateSync(at('work/hidden'), 1000);
  chmodSync(at('work/hidden'), 0o111);
  t.strictSame(standing(at('work/hidden')), { kind: 'hidden' });
});
