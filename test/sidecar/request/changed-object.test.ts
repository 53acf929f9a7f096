import t from 'tap';
import { changedObject } from '../../../sidecar/request/changed-object.ts';

const PATCH = {
  ...{ verb: 'patch', group: 'apps', version: 'v1', resource: 'deployments', subresource: 'scale' },
  ...{ namespace: 'shop', name: 'web', path: '' },
};

function answered(object: unknown, more: object = {}) {
  return { status: 200, type: 'application/json', bytes: Buffer.from(JSON.stringify(object)), ...more };
}

t.test('the object of an answer, or the one that a Status names', (t) => {
  const named = { group: 'apps', resource: 'deployments', namespace: 'shop', name: 'web', uid: 'u' };
  t.same(changedObject(PATCH, answered({ kind: 'Scale', metadata: { name: 'web', uid: 'u' } })), named);
  t.same(
    changedObject(PATCH, answered({ metadata: { uid: 'u' } })),
    named,
    'the name is that of the request',
  );
  const gone = { kind: 'Status', status: 'Success', details: { name: 'web', uid: 'u' } };
  t.same(changedObject({ ...PATCH, verb: 'delete' }, answered(gone)), named);
  t.end();
});

t.test('nothing where nothing was changed, or it cannot be told', (t) => {
  const object = { metadata: { name: 'web', uid: 'u' } };
  t.equal(changedObject({ ...PATCH, verb: 'get' }, answered(object)), null);
  t.equal(changedObject({ ...PATCH, resource: '' }, answered(object)), null);
  t.equal(changedObject(PATCH, answered(object, { status: 409 })), null);
  t.equal(changedObject(PATCH, answered(object, { type: 'text/plain' })), null);
  for (const strange of [null, [], 7, {}, { metadata: [] }, { metadata: { uid: 7 } }, { kind: 'Status' }])
    t.equal(changedObject(PATCH, answered(strange)), null);
  t.equal(changedObject(PATCH, answered({ metadata: { uid: 'u'.repeat(300), name: 'web' } })), null);
  t.equal(changedObject(PATCH, { status: 200, type: 'application/json', bytes: Buffer.from('{') }), null);
  t.equal(
    changedObject(PATCH, {
      status: 200,
      type: 'application/vnd.kubernetes.protobuf',
      bytes: Buffer.from('k8s'),
    }),
    null,
  );
  t.end();
});
