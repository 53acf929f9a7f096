/** The container that guards a Pod, and its volumes, in the hands of somebody else. */
import t from 'tap';
import type { Json } from '../../../../sidecar/action.ts';
import { creations, describe, type Fields, nested, outcome, patches } from './attack.ts';
import { copied, everywhere, KINDS, PODS, plain, refused } from './pods.ts';

const OWN: [path: string[], value: Json][] = [
  [['containers', '0'], { name: 'chaperone', image: 'mine' }],
  [['initContainers', '0'], { name: 'chaperone', image: 'mine', restartPolicy: 'Always' }],
  [['containers', '0', 'name'], 'chaperone'],
  [['ephemeralContainers', '0'], { name: 'chaperone', image: 'mine' }],
  [['ephemeralContainers', '0'], { name: 'd', image: 'mine', targetContainerName: 'chaperone' }],
  [['ephemeralContainers', '0', 'targetContainerName'], 'chaperone'],
];

t.test('the container that guards a Pod stays as it is', async (t) => {
  for (const [path, value] of OWN) {
    const attempts = everywhere(path, value);
    refused(t, 'keep-own-containers', plain(attempts));
    for (const attempt of copied(attempts)) t.not(outcome(attempt), 'allowed', describe(attempt));
    for (const rest of ['/ephemeralcontainers', '/resize', '/status'])
      refused(t, 'keep-own-containers', plain(patches(`${PODS}/x${rest}`, ['spec', ...path], value)));
  }
  const deleted = { spec: { containers: [{ name: 'chaperone', $patch: 'delete' }] } };
  const patch = (body: Json, type = 'application/strategic-merge-patch+json') => ({
    method: 'PATCH',
    target: `${PODS}/x`,
    type,
    body: JSON.stringify(body),
  });
  t.equal(outcome(patch(deleted)), 'keep-own-containers');
  t.equal(
    outcome(patch({ spec: { containers: [{ image: 'x' }] } })),
    'keep-own-containers',
    'no name at all',
  );
  t.equal(
    outcome(patch({ spec: { containers: [null] } }, 'application/merge-patch+json')),
    'keep-own-containers',
  );
});

t.test('a place in the list does not tell which container it is', async (t) => {
  for (const op of [{ op: 'replace', value: 'mine' }, { op: 'add', value: 'mine' }, { op: 'remove' }])
    for (const path of [
      '/spec/containers/0/image',
      '/spec/containers/1',
      '/spec/initContainers/-1/image',
      '/spec/containers/00/image',
    ]) {
      const body = JSON.stringify([{ ...op, path }]);
      t.equal(
        outcome({ method: 'PATCH', target: `${PODS}/x`, type: 'application/json-patch+json', body }),
        'keep-own-containers',
        body,
      );
    }
  const move = JSON.stringify([{ op: 'move', from: '/spec/containers/0', path: '/metadata/annotations/x' }]);
  t.equal(
    outcome({ method: 'PATCH', target: `${PODS}/x`, type: 'application/json-patch+json', body: move }),
    'keep-own-containers',
  );
});

t.test('its volumes are mounted by nobody else', async (t) => {
  const holes: [string[], Json][] = [
    [['containers', '0'], { name: 'a', volumeMounts: [{ name: 'chaperone-token', mountPath: '/t' }] }],
    [
      ['ephemeralContainers', '0'],
      { name: 'd', image: 'b', volumeMounts: [{ name: 'chaperone-run', mountPath: '/t', readOnly: true }] },
    ],
    [
      ['ephemeralContainers', '0'],
      {
        name: 'd',
        image: 'b',
        targetContainerName: 'main',
        volumeMounts: [{ name: 'chaperone-token', mountPath: '/t' }],
      },
    ],
    [
      ['ephemeralContainers', '0'],
      { name: 'd', image: 'b', volumeDevices: [{ name: 'chaperone-token', devicePath: '/t' }] },
    ],
    [['volumes', '0'], { name: 'chaperone-token', emptyDir: {} }],
  ];
  for (const [path, value] of holes) {
    const attempts = [
      ...everywhere(path, value),
      ...patches(`${PODS}/x/ephemeralcontainers`, ['spec', ...path], value),
    ];
    for (const attempt of attempts)
      t.match(outcome(attempt), /^(keep-own-volumes|keep-own-containers|no-node-access)$/, describe(attempt));
    refused(
      t,
      'keep-own-volumes',
      creations(KINDS[3]![0], {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'x' },
        ...(nested(['spec', 'template', 'spec', ...path], value) as Fields),
      }),
    );
    refused(
      t,
      'keep-own-volumes',
      patches(`${PODS}/x/ephemeralcontainers`, ['spec', ...path], value).slice(0, 4),
    );
  }
});
