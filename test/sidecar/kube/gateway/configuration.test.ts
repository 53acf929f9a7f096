/** What may be written, and what would give more away than anybody should. */
import t from 'tap';
import { parseGateway } from '../../../../sidecar/kube/gateway/configuration.ts';

const document = (spec: object) =>
  JSON.stringify({
    apiVersion: 'chaperone.dev/v1alpha1',
    kind: 'AgentGateway',
    metadata: { name: 'x' },
    spec,
  });
const upstream = { userPrefix: 'oidc:', groupPrefix: 'oidc:', groups: ['dev'] };
const issuer = { url: 'https://login.test', audiences: ['k8s'], user: 'email', groups: 'groups', upstream };
const INVALID = { code: 'POLICY_INVALID', message: /^g\.yaml:\d+:\d+: / };

t.test('the least, and what it comes to', (t) => {
  t.same(parseGateway(document({ serviceAccounts: { allow: ['agents:cursor'] } }), 'g.yaml'), {
    issuers: [],
    serviceAccounts: {
      audiences: ['chaperone'],
      check: 'review',
      allow: ['agents:cursor'],
      uid: false,
      pod: false,
    },
    limits: { requestsPerSecond: 100, burst: 400, concurrent: 200 },
  });
  t.match(parseGateway(document({ issuers: [issuer] }), 'g.yaml'), { issuers: [issuer] });
  t.end();
});

t.test('what is refused', (t) => {
  const up = (more: object) => ({ issuers: [{ ...issuer, upstream: { ...upstream, ...more } }] });
  const bad: Record<string, object> = {
    nobody: {},
    'an unknown member': { issuers: [issuer], everybody: true },
    'no audience': { issuers: [{ ...issuer, audiences: [] }] },
    'two of one issuer': { issuers: [issuer, { ...issuer, audiences: ['other'] }] },
    'an issuer that is no address': { issuers: [{ ...issuer, url: 'login' }] },
    'an issuer that is a file': { issuers: [{ ...issuer, url: 'file:///etc/passwd' }] },
    'groups from nowhere': { issuers: [{ ...issuer, groups: undefined }] },
    'no prefix said': up({ userPrefix: undefined }),
    'a prefix of the system': up({ userPrefix: 'system:' }),
    'the same in capitals': up({ groupPrefix: 'System:' }),
    'a prefix of ours': up({ groupPrefix: 'chaperone:' }),
    'a prefix with a blank before it': up({ userPrefix: ' x' }),
    'all groups without a prefix': up({ groupPrefix: '', groups: ['*'] }),
    'some groups without a prefix': up({ groupPrefix: '', groups: ['dev-?'] }),
    'a group of the system': up({ groupPrefix: '', groups: ['system:masters'] }),
    'a group that becomes one': up({ groupPrefix: 'system', groups: [':masters'] }),
    'a group as one of the system': up({ groups: [{ group: 'dev', as: ['system:masters'] }] }),
    'as one that is written in another way': up({ groups: [{ group: 'dev', as: ['SYSTEM:masters'] }] }),
    'as one with a line break': up({ groups: [{ group: 'dev', as: ['a\nImpersonate-User: admin'] }] }),
    'as nothing': up({ groups: [{ group: 'dev', as: [] }] }),
    'all ServiceAccounts, by leaving it out': { serviceAccounts: {} },
    'an unknown check': { serviceAccounts: { allow: ['a:b'], check: 'none' } },
    'no requests at all': { issuers: [issuer], limits: { requestsPerSecond: 0 } },
  };
  for (const [what, spec] of Object.entries(bad))
    t.throws(() => parseGateway(document(spec), 'g.yaml'), INVALID, what);
  t.throws(() => parseGateway('', 'g.yaml'), INVALID);
  const one = document({ issuers: [issuer] });
  t.throws(() => parseGateway(`${one}\n---\n${one}`, 'g.yaml'), INVALID, 'two in one file');
  t.end();
});
