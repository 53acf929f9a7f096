/** Every name under which a real server lists a resource is known, and stands for that resource. */
import t from 'tap';
import { builtIn, kindOf, kindsNamed } from '../../../../../sidecar/command/tools/kubectl/kinds.ts';
import { LISTS } from './stand-in.ts';

/** Kinds of two groups: kubectl takes the first for the bare name, as the server's order says. */
const SHARED = new Set(['events.k8s.io']);

for (const { groupVersion, resources } of LISTS) {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  for (const { name, kind, namespaced, singularName, shortNames = [] } of resources) {
    if (name.includes('/')) continue;
    const expected = [{ group, resource: name, namespaced }];
    t.strictSame([kindOf(groupVersion, kind)], expected, `${groupVersion} ${kind}`);
    for (const spelling of [name, singularName ?? kind.toLowerCase(), ...shortNames, kind]) {
      t.strictSame(kindsNamed(`${spelling}.${group}`), expected, `${spelling}.${group}`);
      t.strictSame(
        kindsNamed(`${spelling}.${version}.${group}`),
        expected,
        `${spelling}.${version}.${group}`,
      );
      if (!SHARED.has(group!)) t.strictSame(kindsNamed(spelling), expected, spelling);
    }
  }
}

t.test('categories hold what the server puts into them, and perhaps more', async (t) => {
  for (const category of ['all', 'api-extensions']) {
    const members = LISTS.flatMap(({ groupVersion, resources }) =>
      resources
        .filter(({ categories }) => categories?.includes(category))
        .map(({ kind }) => kindOf(groupVersion, kind)),
    );
    const distinct = [...new Map(members.map((kind) => [kind.resource, kind])).values()];
    const named = kindsNamed(category);
    t.ok(distinct.length > 3, category);
    for (const kind of distinct) t.ok(named.includes(kind), `${category}: ${kind.resource}`);
    t.ok(
      named.some(({ custom }) => custom),
      `${category}: resources of others`,
    );
  }
});

t.test('what is not built in', async (t) => {
  t.match(kindsNamed('certificates'), [{ custom: true, group: null, resource: null }]);
  t.match(kindsNamed('certificates.cert-manager.io'), [{ custom: true }]);
  t.notOk(kindsNamed('pods.example.com')[0]!.custom, 'its name may be one of a rule');
  t.match(kindOf('example.com/v1', 'Widget'), { custom: true, group: 'example.com', resource: null });
  t.match(kindsNamed('pods.metrics.k8s.io'), [{ group: 'metrics.k8s.io', resource: 'pods' }]);
  t.match(kindsNamed('ing.networking'), [{ group: 'networking.k8s.io' }], 'a group may be shortened');
  t.throws(() => builtIn('widgets'));
});
