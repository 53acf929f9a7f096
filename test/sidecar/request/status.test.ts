/** Refusals are Status objects: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
import t from 'tap';
import { REFUSALS, type RefusalCode } from '../../../sidecar/request/refusal.ts';
import {
  encodeStatus,
  forbidden,
  unauthenticated,
  unavailable,
  unfit,
} from '../../../sidecar/request/status.ts';

const decision = {
  effect: 'deny',
  rule: 'guard/keep-prod',
  reason: 'Production is not for agents.',
  unjudged: false,
} as const;
const request = {
  verb: 'delete',
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  subresource: '',
  namespace: 'prod',
  name: 'web',
  path: '',
};

t.test('a refusal by policy names the object, the rule and what to do', async (t) => {
  const status = forbidden(request, { decision });
  t.match(status, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: 'Forbidden',
    code: 403,
  });
  t.match(
    status.message,
    /^deployments\.apps "web" is forbidden: chaperone: refused by guard\/keep-prod: Production/,
  );
  t.match(status.details, { name: 'web', group: 'apps', kind: 'deployments' });
  t.same(
    status.details?.causes.map(({ reason }) => reason),
    ['PolicyEffect', 'PolicyRule', 'Reason', 'NextStep'],
  );
  const told = forbidden(request, { decision: { ...decision, instead: 'kubectl diff' } });
  t.match(told.message, / Instead: kubectl diff \(do not try again, .*: do what is allowed instead, or ask/);
  t.ok(told.details?.causes.some((cause) => cause.reason === 'Instead' && cause.message === 'kubectl diff'));
  t.same(JSON.parse(encodeStatus(status).toString()), status);
  const path = { ...request, resource: '', group: '', name: '', path: '/metrics', verb: 'get' };
  t.match(forbidden(path, { decision }).message, /^get "\/metrics" is forbidden/);
  const exec = { ...request, group: '', resource: 'pods', subresource: 'exec' };
  t.match(forbidden(exec, { decision }).message, /^pods\/exec "web" is forbidden/);
});

t.test('every other refusal has its code, and says what is wrong', async (t) => {
  for (const code of Object.keys(REFUSALS) as RefusalCode[]) {
    const status = unfit({ code, message: 'that' });
    t.equal(status.code, REFUSALS[code].status);
    t.ok(status.code >= 400 && status.code < 500 && /^[A-Z]/.test(status.reason), code);
    t.equal(status.message, 'chaperone: that');
  }
  t.match(unauthenticated(), { code: 401, reason: 'Unauthorized' });
  t.match(unavailable(502, 'gone'), { code: 502, status: 'Failure' });
  t.match(unavailable(504, 'slow'), { code: 504, reason: 'Timeout' });
});
