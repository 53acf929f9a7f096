/** Only what the API server is sure to try, and no more, is asked for as a dry run. */
import t from 'tap';
import { triable } from '../../../../sidecar/request/trial/triable.ts';
import { actionOf } from '../../policy/builtin-api/attack.ts';

const POD = '/api/v1/namespaces/shop/pods/web';
const MERGE = 'application/merge-patch+json';
const said = (method: string, target: string) => {
  const body = method === 'PATCH' ? { type: MERGE, body: '{}' } : {};
  const answer = triable(actionOf({ method, target, ...body }));
  return typeof answer === 'string' ? answer : 'no';
};

t.test('objects of built-in kinds, and the parts of them that are only data', async (t) => {
  for (const target of [POD, `${POD}/status`, `${POD}/ephemeralcontainers`, `${POD}/resize`])
    t.equal(said('PUT', target), 'yes', target);
  t.equal(said('DELETE', POD), 'yes');
  t.equal(said('POST', `${POD}/eviction`), 'yes');
  t.equal(said('PUT', '/apis/apps/v1/namespaces/shop/deployments/web/scale'), 'yes');
});

t.test('nothing that would be carried out whatever is asked for', async (t) => {
  for (const part of ['proxy', 'proxy/path', 'exec', 'attach', 'portforward', 'log', 'something'])
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      t.equal(said(method, `${POD}/${part}`), 'no', `${method} ${part}`);
  t.equal(said('DELETE', '/api/v1/namespaces/shop/services/web/proxy/x'), 'no');
  t.equal(said('POST', '/api/v1/namespaces/shop/serviceaccounts/default/token'), 'no');
  t.equal(said('POST', '/healthz'), 'no');
  t.equal(said('GET', POD), 'no');
});

t.test('of other groups only where the server says that they are its own', async (t) => {
  const thing = '/apis/example.com/v1/namespaces/shop/things/x';
  for (const target of [thing, `${thing}/status`, `${thing}/scale`]) t.equal(said('PATCH', target), 'custom');
  t.equal(said('PATCH', `${thing}/restart`), 'no');
});
