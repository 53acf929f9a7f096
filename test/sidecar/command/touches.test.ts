/** Which paths a command touches, and how. */
import t from 'tap';
import { touched } from './look.ts';

t.test('paths by role', async (t) => {
  const cases: Record<string, string[]> = {
    'rm -rf a ../b /c/./d//e/': ['deletes /w/a all', 'deletes /b all', 'deletes /c/d/e all'],
    'rm a*': ['deletes /w/a*'],
    "rm 'a*'": ['deletes /w/a\\*'],
    'rm -r /x/*': ['deletes /x all'],
    'rm "$x"': ['deletes /** ?'],
    'rm "/a/$x"': ['deletes /a/** ?'],
    'rm $x -r y': ['deletes /** all ?', 'deletes /w/y all'],
    'rm $x y': ['deletes /** ?', 'deletes /** all ?', 'deletes /w/y', 'deletes /w/y all ?'],
    'cp -r a b c': ['reads /w/a all', 'reads /w/b all', 'writes /w/c'],
    'cp -t d a': ['writes /w/d', 'reads /w/a'],
    'mv a b': ['deletes /w/a all', 'writes /w/b'],
    'dd if=a of=/b bs=1': ['reads /w/a', 'writes /b'],
    'a > b 2>> c < d &> e >&2 2>&1 >&f': [
      'writes /w/b',
      'writes /w/c',
      'reads /w/d',
      'writes /w/e',
      'writes /w/f',
    ],
    'cd /x && cat y': ['reads /x/y'],
    'cd "$x" && rm -r y': ['deletes /**/y all ?'],
    'chmod -R 755 a': ['changes /w/a all'],
    'grep -e x a b': ['reads /w/a', 'reads /w/b'],
    'grep x a': ['reads /w/a'],
    'head -n 3 a': ['reads /w/a'],
    'find a -name "*.o" -delete': ['deletes /w/a/**/*.o'],
    'find a b -delete': ['deletes /w/a all', 'deletes /w/b all'],
    'find a -mtime +3 -delete': ['deletes /w/a/**/*', 'deletes /w/a all ?'],
    'find a ! -name x -delete': ['deletes /w/a/**/*', 'deletes /w/a all ?'],
    'find a -exec rm {} +': ['deletes /w/a all'],
    'find a -name x -exec rm {} +': ['deletes /w/a/**/x ?'],
    'cd b; rm c': ['deletes /w/b/c', 'deletes /w/c ?'],
    'cd b && rm c': ['deletes /w/b/c'],
    'a && cd b; rm c': ['deletes /w/b/c', 'deletes /w/c ?'],
    'env -C /b rm c': ['deletes /b/c'],
    'tar cf a b': ['writes /w/a', 'reads /w/b all'],
    'tar -xf a': ['reads /w/a'],
    'for f in *.txt; do rm "$f"; done': ['deletes /w/*.txt'],
    'tee -a a b': ['writes /w/a', 'writes /w/b'],
    'curl -sSLo a x': ['writes /w/a'],
    'fdisk -l /dev/x': ['reads /dev/x'],
    'rsync -a --delete a/ b': ['reads /w/a all', 'writes /w/b', 'deletes /w/b all'],
  };
  for (const [line, expected] of Object.entries(cases)) t.strictSame(touched(line), expected, line);
});
