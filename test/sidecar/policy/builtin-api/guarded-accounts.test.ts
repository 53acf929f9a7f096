/** Pods, and templates of them, that would act as a guarded account. */
import t from 'tap';
import { type Attempt, creations, describe, type Fields, INSTALLED, outcome, patches } from './attack.ts';
import { copied, everywhere, PODS, plain, refused } from './pods.ts';

t.test("a guarded ServiceAccount is nobody else's", async (t) => {
  for (const member of ['serviceAccountName', 'serviceAccount']) {
    const attempts = everywhere([member], 'agent');
    refused(t, 'keep-guarded-accounts', plain(attempts));
    for (const attempt of copied(attempts)) t.not(outcome(attempt), 'allowed', describe(attempt));
    for (const attempt of plain(everywhere([member], 'other')))
      t.equal(outcome(attempt), 'allowed', describe(attempt));
  }
  const elsewhere = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x' },
    spec: { serviceAccountName: 'agent' },
  };
  for (const attempt of creations('/api/v1/namespaces/other/pods', elsewhere))
    t.equal(outcome(attempt), 'allowed', 'another of that name');
  const foreign = { apiVersion: 'example.com/v1', kind: 'App', metadata: { name: 'x' } };
  for (const spec of [
    { serviceAccount: 'agent' },
    { serviceAccountRef: { name: 'agent' } },
    { driver: { serviceAccountName: 'agent' } },
  ])
    refused(
      t,
      'keep-guarded-accounts',
      creations('/apis/example.com/v1/namespaces/other/apps', { ...foreign, spec }),
    );
});

t.test('where no account is named it is the one called default', async (t) => {
  const surroundings = { ...INSTALLED, serviceAccounts: [{ namespace: 'shop', name: 'default' }] };
  const judge = (attempt: Attempt) => outcome(attempt, surroundings);
  const containers = [{ name: 'main', image: 'nginx' }];
  const pod = (spec: Fields) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x' },
    spec: { containers, ...spec },
  });
  refused(t, 'keep-guarded-accounts', creations(PODS, pod({})), judge);
  refused(t, 'keep-guarded-accounts', creations(PODS, pod({ serviceAccountName: '' })), judge);
  // A template is told by its containers; what replaces the list of them alone says nothing of the account.
  const spec = plain(everywhere(['containers'], containers)).filter(
    ({ type, body, target }) =>
      !type?.includes('merge-patch') &&
      !(
        type?.includes('json-patch') &&
        (/"path":"\w*[/\w]+\/containers"/.test(`${body}`) || target.startsWith(PODS))
      ),
  );
  refused(t, 'keep-guarded-accounts', spec, judge);
  for (const attempt of creations(PODS, pod({ serviceAccountName: 'other' })))
    t.equal(judge(attempt), 'allowed');
  const deployment = '/apis/apps/v1/namespaces/shop/deployments/x';
  const path = ['spec', 'template', 'spec', 'serviceAccountName'];
  const [merge, strategic] = patches(deployment, path, null);
  refused(t, 'keep-guarded-accounts', [merge!, strategic!], judge);
  const image = patches(deployment, ['spec', 'template', 'spec', 'containers'], containers).slice(0, 2);
  for (const attempt of image) t.equal(judge(attempt), 'allowed', 'what is not said stays');
  const replaced = { spec: { template: { spec: { $patch: 'replace', containers } } } };
  const body = JSON.stringify(replaced);
  refused(
    t,
    'keep-guarded-accounts',
    [{ method: 'PATCH', target: deployment, type: 'application/strategic-merge-patch+json', body }],
    judge,
  );
});
