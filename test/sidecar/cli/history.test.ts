/** What `chaperone show` says of each event, safe to print. */
import t from 'tap';
import type { AuditEvent, EventBody } from '../../../recorder/audit/event.ts';
import { sessionTitle } from '../../../recorder/export/labels.ts';
import { History } from '../../../sidecar/cli/history.ts';

const ID = '00000000-0000-4000-8000-000000000001';
const INFO = { group: '', version: 'v1', subresource: '', path: '' };
const ALLOW = {
  effect: 'allow',
  rule: 'default/api',
  reason: 'no rule matches it',
  unjudged: false,
} as const;
const DENY = { effect: 'deny', rule: 'p/no', reason: 'Not that.', unjudged: false } as const;

const event = (seconds: number, body: EventBody): AuditEvent => ({
  v: 1,
  session: '01J00000000000000000000001',
  seq: 0,
  at: seconds * 1e6,
  body,
});

function admitted(changes: Partial<Extract<EventBody, { type: 'request.admitted' }>> = {}): EventBody {
  return {
    type: 'request.admitted',
    id: ID,
    method: 'GET',
    uri: '/api/v1/namespaces/shop/pods/web',
    request: { ...INFO, verb: 'get', resource: 'pods', namespace: 'shop', name: 'web' },
    dryRun: false,
    client: {},
    decision: ALLOW,
    allowed: true,
    unknown: [],
    ...changes,
  };
}

const ended = (changes: object = {}): EventBody =>
  ({ type: 'request.ended', id: ID, outcome: 'answered', status: 200, micros: 5, ...changes }) as EventBody;

t.test('a request is shown once, with its end', async (t) => {
  const history = new History(0);
  t.equal(history.line(event(1, admitted())), '');
  t.equal(history.line(event(2, ended())), '     2s   get pods shop/web  200\n');
  t.equal(history.line(event(2, ended())), '', 'an end without a beginning has no line');
  history.line(event(3, admitted({ dryRun: true })));
  const failed = ended({ outcome: 'failed', status: 503, error: 'gone\u001b[2J' });
  t.equal(history.line(event(3, failed)), '     3s   get pods shop/web (dry run)  failed: gone\\e[2J\n');
  history.line(event(4, admitted()));
  t.equal(history.rest(), '      …   get pods shop/web  under way\n');
});

t.test('refused and unjudged requests say why', async (t) => {
  const history = new History(0);
  const refused = history.line(event(1, admitted({ allowed: false, decision: DENY })));
  t.match(refused, /✗ get pods shop\/web.* {2}\(refused by p\/no: Not that\.\)/);
  t.equal(history.line(event(1, ended({ outcome: 'refused', status: 403 }))), '');
  history.line(event(2, admitted({ decision: { ...ALLOW, unjudged: true }, unknown: ['a patch'] })));
  t.match(history.line(event(2, ended())), /\? get pods shop\/web {2}200.* {2}\(unjudged: a patch\)/);
});

t.test('files and connections', async (t) => {
  const history = new History(0);
  const sha256 = 'a'.repeat(64);
  const file = {
    type: 'session.file',
    direction: 'to',
    path: '/tmp/\u202ef',
    kind: 'file',
    bytes: 2000,
  } as const;
  t.equal(
    history.line(event(1, { ...file, sha256 })),
    `     1s   copied in /tmp/\\u202ef  2.0 kB  ${sha256}\n`,
  );
  t.match(
    history.line(event(1, { type: 'connection.opened', number: 1, port: 80 })),
    'connection 1 to port 80',
  );
  const closed = {
    type: 'connection.closed',
    number: 1,
    sent: 1,
    received: 2,
    micros: 3,
    error: 'reset',
  } as const;
  t.match(history.line(event(1, closed)), 'connection 1 closed: sent 1 B, received 2 B  (reset)');
});

t.test('what a session is called', async (t) => {
  const command = ['ls', '-l'];
  const remote = { kind: 'remote', namespace: 'shop', pod: 'web', container: '' } as const;
  const origin = { session: 'system', request: ID };
  t.equal(sessionTitle({ command }), 'ls -l');
  t.equal(
    sessionTitle({ command, entrance: { ...remote, subresource: 'exec', origin } }),
    'exec shop/web -- ls -l',
  );
  const forward = { ...remote, container: 'main', subresource: 'portforward', origin } as const;
  t.equal(sessionTitle({ command: [], entrance: forward }), 'port-forward shop/web/main');
  t.equal(
    sessionTitle({ command: [], entrance: { kind: 'api', server: 'https://x' } }),
    'Kubernetes API of https://x',
  );
});
