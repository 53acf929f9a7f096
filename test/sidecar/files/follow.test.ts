/** Links followed as the kernel does: where a file is there, `realpath` of the system agrees. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { follow } from '../../../sidecar/files/follow.ts';
import { temporaryDirectory } from '../../temporary.ts';

const place = realpathSync(temporaryDirectory());
const at = (name: string) => join(place, name);
mkdirSync(at('a/b/c'), { recursive: true });
writeFileSync(at('a/b/file'), '');
for (const [name, target] of Object.entries({
  'a/up': '..',
  'a/in': 'b/c',
  whole: place,
  'a/far': `${place}/a/in/../file`,
  dangling: 'a/nothing/there',
  'a/dangling-too': '../dangling',
  loop: 'loop-too',
  'loop-too': 'loop',
}))
  symlinkSync(target, at(name));

const PATHS = [
  'a/in',
  'a/in/..',
  'a/in/../file',
  'a/up/a/up/a/far',
  'whole/a//in/./../file',
  'dangling',
  'a/dangling-too',
  'a/in/new',
  'nowhere/at/all',
  'a/up/nowhere/../x',
];

t.test('as realpath of the system says', async (t) => {
  for (const path of PATHS) {
    const expected = execFileSync('realpath', ['-m', `${place}/${path}`], { encoding: 'utf8' }).trimEnd();
    t.equal(follow(`${place}/${path}`, true), expected, path);
  }
});

t.test('the last link only where it is asked for', async (t) => {
  t.equal(follow(at('a/far'), false), at('a/far'));
  t.equal(follow(at('whole/a/in'), false), at('a/in'));
  t.equal(follow(`${place}/a/up/a/up/dangling`, false), at('dangling'));
});

t.test('a circle cannot be told, nor a path of more segments than anybody writes', async (t) => {
  t.equal(follow(at('loop'), true), null);
  t.equal(follow(at('loop/x'), true), null);
  t.equal(follow(`${place}/${'a/../'.repeat(300)}loop`, true), null);
});

t.test('what is of the process that asks stands for itself', async (t) => {
  for (const path of ['/proc/self/root/etc', '/dev/stdin', '//proc/self/cwd'])
    t.equal(follow(path, true), path);
});
