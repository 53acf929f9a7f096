import t from 'tap';
import { askedFor, type Meant } from '../../../../sidecar/cli/blame/asked.ts';

const MEANT: Meant = {
  kind: null,
  namespace: null,
  cwd: '/srv/shop',
  home: '/home/me',
  isFile: () => false,
};
const ask = (words: string, more: Partial<Meant> = {}) => askedFor(words.split(' '), { ...MEANT, ...more });
const object = (resource: string, name: string, more: object = {}) => ({
  ...{ kind: 'object', group: 'apps', resource, namespace: null, name },
  ...more,
});

t.test('objects by every name that kubectl takes', (t) => {
  t.same(ask('deployment/web'), object('deployments', 'web'));
  t.same(ask('deploy web'), object('deployments', 'web'));
  t.same(
    ask('Deployment.apps/web', { namespace: 'shop' }),
    object('deployments', 'web', { namespace: 'shop' }),
  );
  t.same(ask('ns/shop', { namespace: 'x' }), object('namespaces', 'shop', { group: '', namespace: '' }));
  t.same(ask('widgets.example.com/a'), object('widgets', 'a', { group: null }));
  t.same(ask('widget/a', { kind: 'object' }), object('widgets', 'a', { group: null }));
  t.same(
    ask('/apis/apps/v1/namespaces/shop/deployments/web/scale'),
    object('deployments', 'web', { namespace: 'shop' }),
  );
  const uid = '0e5f3f7e-8f0c-4e55-9b2f-5a3d8f6c1a2b';
  t.same(ask(uid.toUpperCase()), { kind: 'uid', uid });
  t.throws(() => ask('a/b/c', { kind: 'object' }), { code: 'USAGE' });
  t.throws(() => ask('/api/v1/namespaces/shop/pods', { kind: 'object' }), { code: 'USAGE' });
  t.end();
});

t.test('files, there or gone', (t) => {
  for (const [words, path] of [
    ['./a.ts', '/srv/shop/a.ts'],
    ['../b', '/srv/b'],
    ['/etc/hosts', '/etc/hosts'],
    ['~/x', '/home/me/x'],
    ['src/a.ts', '/srv/shop/src/a.ts'],
    ['README.md', '/srv/shop/README.md'],
  ] as const)
    t.same(ask(words), { kind: 'file', path }, words);
  t.same(ask('Makefile', { isFile: () => true }), { kind: 'file', path: '/srv/shop/Makefile' });
  t.same(ask('deployment/web', { kind: 'file' }), { kind: 'file', path: '/srv/shop/deployment/web' });
  t.end();
});

t.test('sessions and commands', (t) => {
  const session = '01KB0000000000000000000001';
  t.same(ask(session.toLowerCase()), { kind: 'event', session, seq: null });
  t.same(ask(`${session}#12`), { kind: 'event', session, seq: 12 });
  t.throws(() => ask('last', { kind: 'session' }), { code: 'USAGE' });
  t.same(ask('kubectl scale deployment/web'), { kind: 'command', text: 'kubectl scale deployment/web' });
  const line = '/bin/kubectl scale x';
  t.same(askedFor([line], MEANT), { kind: 'command', text: line });
  t.same(askedFor([line], { ...MEANT, isFile: () => true }), { kind: 'file', path: line });
  t.same(ask('make'), { kind: 'command', text: 'make' });
  t.same(ask('ls /etc/hosts'), { kind: 'command', text: 'ls /etc/hosts' });
  t.end();
});
