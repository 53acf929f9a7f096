/** Hostile bytes are no event; every event that the log writes decodes to itself. */
import t from 'tap';
import { canonicalBytes } from '../../../recorder/audit/canonical.ts';
import { checkEvent, decodeEvent, isSessionId } from '../../../recorder/audit/decode.ts';
import type { AuditEvent, EventBody, EventType } from '../../../recorder/audit/event.ts';

const session = '01J00000000000000000000001';
const content = { bytes: 3, hash: 'A'.repeat(43) };
const request = '00000000-0000-4000-8000-000000000001';
const summary = { type: 'application/json', bytes: 3, sha256: 'a'.repeat(64) };
const identity = { user: 'agent', groups: ['dev'], proof: 'claimed' as const };

/** One of each kind; the type makes a new kind that is missing here an error. */
const BODIES: { [T in EventType]: Extract<EventBody, { type: T }> } = {
  'session.start': {
    type: 'session.start',
    identity: {
      ...identity,
      pod: { namespace: 'n', name: 'p', uid: 'u', serviceAccount: 's' },
      conversation: 'c',
      generation: 'g',
    },
    host: 'h',
    command: ['bash'],
    cwd: '/',
    terminal: { cols: 80, rows: 24, term: 'xterm' },
    policy: 'd',
    agent: '1',
    entrance: {
      kind: 'remote',
      subresource: 'exec',
      namespace: 'n',
      pod: 'p',
      container: 'c',
      origin: { session, request },
    },
  },
  'session.output': { type: 'session.output', content, stream: 'stderr' },
  'session.input': { type: 'session.input', content },
  'identity.proven': {
    type: 'identity.proven',
    identity: {
      ...{ ...identity, humans: ['a@b.example'] },
      run: { issuer: 'https://i', subject: 's', agent: 'a', turn: 't', team: 'x' },
    },
    until: 9,
  },
  'session.resize': { type: 'session.resize', cols: 1, rows: 2 },
  'session.end': { type: 'session.end', reason: 'failed', status: 255, error: 'e' },
  'session.file': {
    type: 'session.file',
    direction: 'to',
    path: '/f',
    kind: 'file',
    bytes: 1,
    sha256: 'b'.repeat(64),
  },
  'connection.opened': { type: 'connection.opened', number: 1, port: 80 },
  'connection.closed': {
    type: 'connection.closed',
    number: 1,
    sent: 1,
    received: 2,
    micros: 3,
    error: 'e',
  },
  'request.admitted': {
    type: 'request.admitted',
    id: request,
    method: 'POST',
    uri: '/api/v1/namespaces/n/pods/p/exec?command=ls',
    request: {
      verb: 'create',
      group: '',
      version: 'v1',
      resource: 'pods',
      subresource: 'exec',
      namespace: 'n',
      name: 'p',
      path: '',
    },
    dryRun: false,
    client: { agent: 'a', command: 'kubectl exec', run: 'r' },
    decision: { effect: 'allow', rule: 'r', reason: 'y', unjudged: true },
    allowed: true,
    unknown: ['x'],
    opens: session,
    repeats: request,
    body: { ...summary, encoding: 'gzip', masked: true, cut: 1 },
    content,
  },
  'request.answer': { type: 'request.answer', id: request, content },
  'request.ended': {
    type: 'request.ended',
    id: request,
    outcome: 'answered',
    status: 200,
    micros: 5,
    answer: summary,
    object: { group: 'apps', resource: 'deployments', namespace: 'n', name: 'web', uid: 'u' },
    content,
    error: 'e',
  },
  'command.decided': {
    type: 'command.decided',
    line: 'ls',
    cwd: '/',
    commands: [{ program: 'ls', argv: ['ls'], via: ['sudo'] }],
    writes: ['/srv/a'],
    unknown: ['x'],
    decision: { effect: 'ask', rule: 'r', reason: 'y', unjudged: false },
    allowed: false,
  },
  'approval.requested': {
    type: 'approval.requested',
    id: session,
    session,
    requester: identity,
    asked: { kind: 'command', line: 'l', cwd: '/', commands: [], unknown: ['u'] },
    digest: 'c'.repeat(64),
    rule: 'p/r',
    reason: 'why',
    terms: { groups: ['g'], quorum: 2, selfApproval: false, until: 5, validity: 6 },
    body: summary,
    content,
  },
  'approval.effect': { type: 'approval.effect', id: session, content },
  'approval.voted': {
    type: 'approval.voted',
    id: session,
    by: { user: 'u', groups: [], login: 'l' },
    vote: 'approve',
    comment: 'c',
    grant: 1,
  },
  'approval.settled': { type: 'approval.settled', id: session, state: 'cancelled', by: 'u', grantedUntil: 7 },
  'approval.used': { type: 'approval.used', id: session, session },
  'approval.returned': { type: 'approval.returned', id: session, session, reason: 'r' },
  'approval.revoked': { type: 'approval.revoked', id: session, by: { user: 'u', groups: [], login: 'l' } },
  'tool.decided': {
    type: 'tool.decided',
    use: 'mcp',
    tool: 't',
    server: 's',
    path: '',
    cwd: '/',
    unknown: ['x'],
    decision: { effect: 'deny', rule: 'r', reason: 'y', unjudged: false },
    allowed: false,
    content,
  },
  'hook.received': {
    type: 'hook.received',
    hook: 'beforeShellExecution',
    conversation: 'c',
    generation: 'g',
    model: 'm',
    email: 'e',
    path: '/srv/a.ts',
    withheld: ['content'],
    content,
  },
  'policy.loaded': { type: 'policy.loaded', digest: 'd', source: 's' },
  'policy.rejected': { type: 'policy.rejected', source: 's', error: 'e', kept: 'd' },
  'access.login': { type: 'access.login', how: 'oidc', from: 'f', login: 'l', user: 'u', subject: 's' },
  'access.logout': { type: 'access.logout', login: 'l', user: 'u', reason: 'asked' },
  'access.viewed': { type: 'access.viewed', session, what: 'blame', about: 'a', by: 'b', user: 'u' },
  'access.refused': {
    type: 'access.refused',
    from: 'f',
    what: 'w',
    reason: 'scope',
    detail: 'd',
    user: 'u',
    login: 'l',
    session,
    omitted: 1,
  },
  'access.offboarded': {
    type: 'access.offboarded',
    user: 'u',
    by: { user: 'a', login: 'l' },
    sessions: [session],
    approvals: [session],
    logins: ['l'],
  },
  gap: { type: 'gap', reason: 'r', from: 0, lost: { events: 1 } },
};

const eventOf = (body: EventBody): AuditEvent => ({ v: 1, session, seq: 7, at: 1_700_000_000_000_000, body });

t.test('an approval asks about what a request would do, or was recorded before that was known', (t) => {
  const asked = (effect: object): EventBody => {
    const of = {
      ...{ kind: 'request', method: 'PATCH', uri: '/x', dryRun: false, unknown: [] },
      ...{ request: { verb: 'patch', group: '', version: '', resource: '', subresource: '' } },
    };
    const request = { ...of.request, namespace: '', name: '', path: '' };
    return { ...BODIES['approval.requested'], asked: { ...of, request, ...effect } } as never;
  };
  for (const effect of [
    { kind: 'change', uid: 'u', places: 2 },
    { kind: 'change', uid: '', places: 0, withheld: 'w' },
    { kind: 'deletion', uid: 'u' },
    { kind: 'collection', count: 500, more: true },
    { kind: 'pod', uid: 'u' },
    { kind: 'unknown', why: 'w' },
  ])
    t.doesNotThrow(() => decodeEvent(canonicalBytes(eventOf(asked({ effect })))), JSON.stringify(effect));
  t.doesNotThrow(() => decodeEvent(canonicalBytes(eventOf(asked({})))));
  t.throws(() => decodeEvent(canonicalBytes(eventOf(asked({ effect: { kind: 'pod' } })))));
  t.end();
});

t.test('one of each kind decodes to itself', async (t) => {
  for (const body of Object.values(BODIES)) t.same(decodeEvent(canonicalBytes(eventOf(body))), eventOf(body));
});

t.test('a member more, less, or of another kind is refused, at any depth', async (t) => {
  for (const body of Object.values(BODIES)) {
    const event = eventOf(body);
    for (const path of paths(event)) {
      for (const change of ['remove', 'retype', 'add'] as const) {
        const altered = alter(event, path, change);
        if (altered === null || optional(event, path, change)) continue;
        t.throws(
          () => decodeEvent(canonicalBytes(altered)),
          { code: 'EVENT_INVALID' },
          `${change} ${body.type} ${path.join('.')}`,
        );
      }
    }
  }
});

t.test('the labels of a pod, where they are known', async (t) => {
  const start = BODIES['session.start'] as Extract<EventBody, { type: 'session.start' }>;
  const labelled = (labels: unknown) =>
    eventOf({
      ...start,
      identity: {
        ...start.identity,
        pod: { ...start.identity.pod!, labels: labels as Record<string, string> },
      },
    });
  for (const labels of [{}, { app: 'web', 'x.io/y': '', constructor: 'z' }])
    t.same(decodeEvent(canonicalBytes(labelled(labels))), labelled(labels));
  for (const labels of [{ app: 1 }, ['app'], 'app', null])
    t.throws(() => decodeEvent(canonicalBytes(labelled(labels))), { code: 'EVENT_INVALID' });
});

t.test('only the canonical form decodes', async (t) => {
  const text = canonicalBytes(eventOf(BODIES['session.resize'])).toString();
  const bad = [
    text.replace('{', '{ '),
    `${text}\n`,
    `\ufeff${text}`,
    text.replace('"cols":1', '"cols":1.0'),
    text.replace('"cols":1', '"cols":1,"cols":1'),
    text.replace('"cols":1,"rows":2', '"rows":2,"cols":1'),
    text.replace('resize', 'r\\u0065size'),
    text.slice(0, -1),
    '',
    'null',
    '[]',
    '{"__proto__":{}}',
  ];
  for (const one of bad) t.throws(() => decodeEvent(Buffer.from(one)), { code: 'EVENT_INVALID' }, one);
  t.throws(() => decodeEvent(Buffer.from([0xff, 0xfe, 0x80])), { code: 'EVENT_INVALID' });
  t.throws(() => decodeEvent(Buffer.from('['.repeat(100_000))), { code: 'EVENT_INVALID' });
});

t.test('figures out of range', async (t) => {
  const event = eventOf(BODIES['session.end']);
  for (const wrong of [
    { seq: -1 },
    { seq: 1.5 },
    { at: 2 ** 53 },
    { v: 2 },
    { session: 'x' },
    { body: { ...event.body, status: 256 } },
  ]) {
    t.throws(() => checkEvent({ ...event, ...wrong }), { code: 'EVENT_INVALID' });
  }
  for (const id of ['system', session]) t.ok(isSessionId(id));
  for (const id of [
    '',
    'System',
    `${session}0`,
    session.toLowerCase(),
    `8${session.slice(1)}`,
    `${session.slice(1)}U`,
    `${session}\n`,
  ])
    t.notOk(isSessionId(id), id);
});

type Path = (string | number)[];

function* paths(value: unknown, at: Path = []): Generator<Path> {
  if (value === null || typeof value !== 'object') return;
  for (const key of Object.keys(value)) {
    yield [...at, key];
    yield* paths((value as Record<string, unknown>)[key], [...at, key]);
  }
}

function alter(event: AuditEvent, path: Path, change: 'remove' | 'retype' | 'add'): unknown {
  const copy = structuredClone(event);
  let parent = copy as unknown as Record<string, unknown>;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
  const key = path.at(-1)!;
  if (change === 'remove') {
    if (Array.isArray(parent)) return null;
    delete parent[key];
  } else if (change === 'retype') parent[key] = typeof parent[key] === 'number' ? 'x' : 17;
  else {
    const inside = parent[key];
    if (inside === null || typeof inside !== 'object' || Array.isArray(inside)) return null;
    (inside as Record<string, unknown>).more = 1;
  }
  return copy;
}

/** Members that may be absent: by their name, or where the name alone does not tell. */
function optional({ body }: AuditEvent, path: Path, change: string): boolean {
  const member = path.join('.').replace(/^body\.identity\.|^body\./, '');
  const anywhere =
    /^(pod|conversation|humans|run|generation|terminal|entrance|stream|error|lost|events|lost\.events|opens|repeats|body|answer|client\..*)$/;
  const summary = /^(body|answer)\.(encoding|masked|cut)$/;
  const some: Record<string, string[]> = {
    'session.file': ['sha256'],
    'policy.rejected': ['kept'],
    'tool.decided': ['content'],
    'hook.received': ['email', 'path', 'withheld'],
    'request.admitted': ['content'],
    'request.ended': ['content', 'object'],
    'approval.requested': ['content'],
    'approval.voted': ['comment', 'grant'],
    'approval.settled': ['by', 'grantedUntil'],
    'access.login': ['login', 'user', 'subject'],
    'access.viewed': ['about', 'user'],
    'command.decided': ['writes'],
    'access.refused': ['detail', 'user', 'login', 'session', 'omitted'],
  };
  const isOptional = anywhere.test(member) || summary.test(member) || some[body.type]?.includes(member);
  return change === 'remove' && isOptional === true;
}
