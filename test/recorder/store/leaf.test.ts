import t from 'tap';
import { canonicalBytes } from '../../../recorder/audit/canonical.ts';
import type { AuditEvent } from '../../../recorder/audit/event.ts';
import { leafHash } from '../../../recorder/audit/merkle.ts';
import { canonicalOf, encodeLeaf, eventIn, leafOf } from '../../../recorder/store/leaf.ts';

const session = '01J0000000000000000000000Z';
const hash = `${'-_aZ09'.repeat(7)}Q`;
const EVENTS: AuditEvent[] = [
  {
    v: 1,
    session,
    seq: 0,
    at: 0,
    body: { type: 'session.output', content: { bytes: 0, hash: 'A'.repeat(43) } },
  },
  {
    v: 1,
    session,
    seq: 0xffffffff,
    at: Number.MAX_SAFE_INTEGER,
    body: { type: 'session.input', content: { bytes: 0xffffffff, hash: 'A'.repeat(43) } },
  },
  {
    v: 1,
    session,
    seq: 2 ** 32,
    at: 1,
    body: { type: 'session.output', content: { bytes: 1, hash: 'A'.repeat(43) } },
  },
  { v: 1, session, seq: 3, at: 1_700_000_000_123_456, body: { type: 'session.resize', cols: 80, rows: 24 } },
  { v: 1, session: 'system', seq: 3, at: 1, body: { type: 'policy.loaded', digest: 'd', source: 's' } },
];

t.test('what is kept gives the event and its canonical bytes again', async (t) => {
  for (const event of EVENTS) {
    const canonical = canonicalBytes(event);
    const value = encodeLeaf(event, canonical, leafHash(canonical));
    t.same(eventIn(value), event);
    t.ok(canonical.equals(canonicalOf(value)));
    t.ok(leafOf(value).intact);
  }
  t.equal(encodeLeaf(EVENTS[0]!, canonicalBytes(EVENTS[0]), leafHash(Buffer.alloc(0))).length, 78);
});

t.test('any bit altered is noticed', async (t) => {
  const event: AuditEvent = {
    ...EVENTS[0]!,
    body: { type: 'session.output', content: { bytes: 9, hash: hash.slice(0, 42).concat('A') } },
  };
  for (const one of [event, ...EVENTS]) {
    const canonical = canonicalBytes(one);
    const value = encodeLeaf(one, canonical, leafHash(canonical));
    for (let bit = 0; bit < value.length * 8; bit++) {
      value[bit >> 3]! ^= 1 << (bit & 7);
      if (leafOf(value).intact) t.fail(`bit ${bit} of ${one.body.type}`);
      value[bit >> 3]! ^= 1 << (bit & 7);
    }
  }
  t.pass();
});

t.test('noise is no event', async (t) => {
  for (const value of [
    Buffer.alloc(0),
    Buffer.alloc(3),
    Buffer.alloc(78),
    Buffer.alloc(78, 1),
    Buffer.alloc(200, 0x7b),
  ]) {
    t.throws(() => eventIn(value), { code: 'EVENT_INVALID' });
    t.notOk(leafOf(value).intact);
  }
});
