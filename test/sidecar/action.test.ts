import t from 'tap';
import { writesOf } from '../../sidecar/action.ts';
import { analyse } from '../../sidecar/command/analyse.ts';

function writes(line: string): string[] {
  return writesOf(analyse(line, { cwd: '/srv', home: '/home/me' }));
}

t.test('paths that a line certainly writes', (t) => {
  t.same(writes('echo x > a.txt 2> /dev/null'), ['/srv/a.txt']);
  t.same(writes('rm -r build'), ['/srv/build', '/srv/build/**']);
  t.same(writes('cat a.txt'), []);
  t.same(writes('rm "$x"'), [], 'what an expansion decides is not certain');
  t.equal(writes(Array.from({ length: 100 }, (_, at) => `touch f${at}`).join(';')).length, 64);
  t.end();
});
