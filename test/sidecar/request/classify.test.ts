/** The upgrade requests of a real kubectl, over both protocols: what they are for, and that they go on as they came. */
import t from 'tap';
import { classify } from '../../../sidecar/request/classify.ts';
import { captures } from '../../kube-captures/capture.ts';

/** What the README of the captures says was run. */
const ARGV: Record<string, string[]> = {
  'exec-argv': ['sh', '-c', 'echo out; echo err >&2; exit 3'],
  'exec-stdin-script': ['bash'],
  'exec-stdin-1m': ['md5sum'],
  'exec-output-1m': ['sh', '-c', 'seq 1 150000'],
  'exec-tty': ['bash', '--norc'],
  'exec-notfound': ['nosuchcommand'],
};

for (const to of ['websocket', 'spdy'] as const) {
  t.test(to, async (t) => {
    const all = captures(to);
    t.ok(all.length >= 11);
    for (const { name, scenario, requestLine, request } of all) {
      const [method = '', target = ''] = requestLine.split(' ');
      const rawHeaders = [...request].flatMap(([header, values]) =>
        values.flatMap((value) => [header, value]),
      );
      const head = classify(method, target, rawHeaders);
      const subresource = scenario.startsWith('attach')
        ? 'attach'
        : scenario.startsWith('port')
          ? 'portforward'
          : 'exec';
      t.match(head.upgrade, { to, subresource }, name);
      t.ok(
        head.upgrade!.protocols.length > 0 && head.upgrade!.protocols.every((one) => one.includes('k8s.io')),
        name,
      );
      const verb = method === 'GET' ? 'get' : 'create';
      t.match(
        head.request,
        { verb, group: '', resource: 'pods', subresource, namespace: 'demo', name: 'box' },
        name,
      );
      t.equal(head.uri, target, `${name} is forwarded as it came`);
      t.match(
        head.client,
        {
          agent: /^kubectl\//,
          command: `kubectl ${scenario === 'port-forward' ? scenario : scenario.split('-')[0]}`,
        },
        name,
      );
      t.notOk(
        head.headers.some(([header]) => /authorization|upgrade|connection|sec-|x-stream/.test(header)),
        name,
      );
      const argv = head.parameters.filter(([parameter]) => parameter === 'command').map(([, value]) => value);
      if (ARGV[scenario] !== undefined) t.same(argv, ARGV[scenario], name);
    }
  });
}
