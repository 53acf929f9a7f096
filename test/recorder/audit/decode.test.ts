/** Hostile bytes are no event; every event that the log writes decodes to itself. */
import t from 'tap';
import { canonicalBytes } from '../../../recorder/audit/canonical.ts';
import { checkEvent, decodeEvent, isSessionId } from '../../../recorder/audit/decode.ts';
import type { AuditEvent, EventBody, EventType } from '../../../recorder/audit/event.ts';

const session = '01J00000000000000000000001';
const content = { bytes: 3, hash: 'A'.repeat(43) };
const identity = { user: 'ann', groups: ['dev'], proof: 'claimed' as const };

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
  },
  'session.output': { type: 'session.output', content },
  'session.input': { type: 'session.input', content },
  'session.resize': { type: 'session.resize', cols: 1, rows: 2 },
  'session.end': { type: 'session.end', reason: 'failed', status: 255, error: 'e' },
  'command.decided': {
    type: 'command.decided',
    line: 'ls',
    cwd: '/',
    commands: [{ program: 'ls', argv: ['ls'], via: ['sudo'] }],
    unknown: ['x'],
    decision: { effect: 'ask', rule: 'r', reason: 'y', unjudged: false },
    allowed: false,
  },
  'policy.loaded': { type: 'policy.loaded', digest: 'd', source: 's' },
  'policy.rejected': { type: 'policy.rejected', source: 's', error: 'e' },
  'access.login': { type: 'access.login', how: 'link', from: 'f' },
  'access.viewed': { type: 'access.viewed', session, what: 'replay', by: 'b' },
  gap: { type: 'gap', reason: 'r', from: 0, lost: { events: 1 } },
};

const eventOf = (body: EventBody): AuditEvent => ({ v: 1, session, seq: 7, at: 1_700_000_000_000_000, body });

t.test('one of each kind decodes to itself', async (t) => {
  for (const body of Object.values(BODIES)) t.same(decodeEvent(canonicalBytes(eventOf(body))), eventOf(body));
});

t.test('a member more, less, or of another kind is refused, at any depth', async (t) => {
  for (const body of Object.values(BODIES)) {
    const event = eventOf(body);
    for (const path of paths(event)) {
      for (const change of ['remove', 'retype', 'add'] as const) {
        const altered = alter(event, path, change);
        if (altered === null || optional(path, change)) continue;
        t.throws(
          () => decodeEvent(canonicalBytes(altered)),
          { code: 'EVENT_INVALID' },
          `${change} ${body.type} ${path.join('.')}`,
        );
      }
    }
  }
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

/** Members that may be absent. */
function optional(path: Path, change: string): boolean {
  return (
    change === 'remove' &&
    /(^|\.)(pod|conversation|generation|terminal|error|lost|events)$/.test(
      path.join('.').replace(/^body\.identity\.|^body\./, ''),
    )
  );
}
