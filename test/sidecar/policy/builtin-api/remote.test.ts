/** Ways into the guard, and round it. */
import t from 'tap';
import { isOwnPort } from '../../../../sidecar/policy/builtin-api/remote.ts';
import { alone, INSTALLED, outcome } from './attack.ts';
import { PODS } from './pods.ts';

t.test('nobody enters it, nor its ports', async (t) => {
  for (const method of ['GET', 'POST'])
    for (const subresource of ['exec', 'attach', 'EXEC', 'exec/x'])
      for (const container of [
        'container=chaperone',
        'c%6Fntainer=ch%61perone',
        'command=ls&container=chaperone&stdin=true',
        'container=chaperone%20',
      ])
        t.equal(
          outcome({ method, target: `${PODS}/x/${subresource}?${container}` }),
          'no-entry',
          `${method} ${subresource}?${container}`,
        );
  t.equal(outcome({ method: 'POST', target: `${PODS}/x/exec?command=chaperone&container=main` }), 'allowed');
  t.equal(outcome({ method: 'POST', target: `${PODS}/x/exec?command=ls` }), 'allowed');
  for (const query of [
    'ports=6443',
    'ports=80&ports=9464',
    'ports=80,6443',
    'ports=06443',
    'ports=x',
    'ports=',
    'ports=6443x',
    'port=6443',
  ])
    for (const method of ['GET', 'POST'])
      t.equal(outcome({ method, target: `${PODS}/x/portforward?${query}` }), 'no-own-ports', query);
  t.equal(outcome({ method: 'GET', target: `${PODS}/x/portforward?ports=8080` }), 'allowed');
  t.ok(isOwnPort(6443, INSTALLED));
  t.notOk(isOwnPort(8080, INSTALLED));
});

t.test('no proxy', async (t) => {
  const targets = [
    '/api/v1/nodes/n/proxy/exec/shop/web/main',
    '/api/v1/nodes/n:10250/proxy/',
    '/api/v1/nodes/n/proxy',
    `${PODS}/web/proxy`,
    `${PODS}/https:web:6443/proxy/api`,
    '/api/v1/namespaces/shop/services/web/proxy/x',
    '/api/v1/proxy/nodes/n/exec',
    '/api/v1/proxy/namespaces/shop/pods/web',
    '/apis/example.com/v1/namespaces/shop/pods/web/proxy',
    `${PODS}/web/Proxy`,
  ].filter((target) => !target.endsWith('/'));
  for (const target of targets)
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'])
      t.equal(alone({ method, target }), 'no-proxies', `${method} ${target}`);
});
