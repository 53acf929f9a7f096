/** The ingest frames: there and back, cut at every byte, and fed with noise. */
import fc from 'fast-check';
import t from 'tap';
import { checkEvent } from '../../../../recorder/audit/decode.ts';
import type { Draft } from '../../../../recorder/audit/event.ts';
import { ChaperoneError } from '../../../../recorder/errors.ts';
import { decodeDrafts } from '../../../../recorder/server/ingest/draft.ts';
import {
  decodeAnswer,
  decodeAppend,
  encodeAnswer,
  encodeAppend,
  MAX_FRAME,
} from '../../../../recorder/server/ingest/frame.ts';
import { decisionDraft, endDraft, ID, outputDraft, startDraft } from '../world.ts';

const SEED = 20261122;
const read = (frame: Buffer) => decodeDrafts(decodeAppend(frame));

const drafts: Draft[] = [
  startDraft(),
  outputDraft('hello \u{1f600}\r\n'),
  { at: 2, body: { type: 'session.input', content: Buffer.alloc(0) } },
  { at: 3, body: { type: 'session.resize', cols: 80, rows: 24 } },
  decisionDraft('rm -rf "/"', false),
  { at: 5, body: { type: 'gap', reason: 'disk full', from: 4, lost: { bytes: 1 } } },
  outputDraft(Buffer.from([0, 255, 128, 10])),
  endDraft(),
];

t.test('what goes in comes out', async (t) => {
  const back = read(encodeAppend(7, ID, drafts));
  t.equal(back.call, 7);
  t.equal(back.session, ID);
  t.strictSame(back.drafts, drafts);
});

t.test('the bytes are those of the diagram', async (t) => {
  const frame = encodeAppend(258, 'system', [
    { at: 1, body: { type: 'policy.loaded', digest: 'd', source: 's' } },
  ]);
  const head =
    '{"session":"system","drafts":[{"at":1,"body":{"type":"policy.loaded","digest":"d","source":"s"}}]}';
  t.equal(
    frame.toString('latin1'),
    `\x01\0\0\0\0\0\0\x01\x02\0\0\0${String.fromCharCode(head.length)}${head}`,
  );
  t.equal(encodeAnswer({ kind: 'stored', call: 258 }).toString('hex'), '810000000000000102');
  const failed = encodeAnswer({ kind: 'failed', call: 1, code: 'STORE_FULL', message: 'm' });
  t.equal(failed.toString('latin1'), '\x82\0\0\0\0\0\0\0\x01{"code":"STORE_FULL","message":"m"}');
});

t.test('any content, at any call, comes back byte for byte', async () => {
  const call = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  const contents = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(call, contents, (number, chunks) => {
      const sent = chunks.map(
        (chunk, at): Draft => ({ at, body: { type: 'session.output', content: chunk } }),
      );
      const back = read(encodeAppend(number, ID, sent));
      return (
        back.call === number &&
        back.drafts.every(
          ({ body }, n) => 'content' in body && Buffer.compare(body.content, chunks[n]!) === 0,
        )
      );
    }),
    { seed: SEED },
  );
});

t.test('a frame cut or lengthened anywhere is refused', async (t) => {
  const frame = encodeAppend(1, ID, drafts);
  for (let end = 0; end < frame.length; end += 1) {
    t.throws(() => read(frame.subarray(0, end)), { code: 'EVENT_INVALID' }, `cut at ${end}`);
  }
  t.throws(() => read(Buffer.concat([frame, Buffer.from([0])])), { code: 'EVENT_INVALID' });
});

t.test('noise: a valid append or one of our own errors, nothing else', async () => {
  const frame = encodeAppend(1, ID, drafts);
  const flip = fc.tuple(fc.integer({ min: 0, max: frame.length - 1 }), fc.integer({ min: 1, max: 255 }));
  const flipped = fc.array(flip, { minLength: 1, maxLength: 4 }).map((flips) => {
    const copy = Buffer.from(frame);
    for (const [at, mask] of flips) copy[at]! ^= mask;
    return copy;
  });
  const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  const json = fc.json().map((text) => {
    const head = Buffer.from(text);
    const fixed = Buffer.from(frame.subarray(0, 13));
    fixed.writeUInt32BE(head.length, 9);
    return Buffer.concat([fixed, head]);
  });
  fc.assert(fc.property(fc.oneof(flipped, noise, json), onlyOurErrors), { seed: SEED, numRuns: 3000 });
});

t.test('heads that are not drafts', async (t) => {
  const start = startDraft().body;
  const bad: [string, unknown][] = [
    ['null', null],
    ['a text', 'x'],
    ['an array', []],
    ['no drafts', { session: ID, drafts: [] }],
    [
      'too many',
      { session: ID, drafts: Array(10_001).fill({ at: 1, body: { type: 'gap', reason: '', from: 0 } }) },
    ],
    [
      'another member',
      { session: ID, drafts: [{ at: 1, body: { type: 'gap', reason: '', from: 0 } }], extra: 1 },
    ],
    ['a number as session', { session: 1, drafts: [{ at: 1, body: start }] }],
    ['a session that is a path', { session: '../../etc/passwd', drafts: [{ at: 1, body: start }] }],
    ['an unknown type', { session: ID, drafts: [{ at: 1, body: { type: 'session.erase' } }] }],
    ['a member too many', { session: ID, drafts: [{ at: 1, body: { ...start, admin: true } }] }],
    [
      'a prototype',
      JSON.parse(
        `{"session":"${ID}","drafts":[{"at":1,"body":{"type":"gap","reason":"","from":0,"__proto__":{"x":1}}}]}`,
      ),
    ],
    ['a time before all', { session: ID, drafts: [{ at: -1, body: start }] }],
    ['a time between', { session: ID, drafts: [{ at: 1.5, body: start }] }],
    [
      'content that is a text',
      { session: ID, drafts: [{ at: 1, body: { type: 'session.output', content: 'x' } }] },
    ],
    [
      'content of negative length',
      { session: ID, drafts: [{ at: 1, body: { type: 'session.output', content: -1 } }] },
    ],
    [
      'content that did not come',
      { session: ID, drafts: [{ at: 1, body: { type: 'session.output', content: 1 } }] },
    ],
    [
      'content where none belongs',
      { session: ID, drafts: [{ at: 1, body: { type: 'gap', reason: '', from: 0, content: 0 } }] },
    ],
    [
      'content in a reference',
      {
        session: ID,
        drafts: [{ at: 1, body: { type: 'session.output', content: { bytes: 0, hash: 'A'.repeat(43) } } }],
      },
    ],
  ];
  for (const [what, head] of bad) {
    t.throws(
      () => decodeDrafts({ call: 1, head, content: Buffer.alloc(0) }),
      { code: 'EVENT_INVALID' },
      what,
    );
  }
});

t.test('what a writer may not say', async (t) => {
  const start = startDraft().body as Extract<Draft['body'], { type: 'session.start' }>;
  const signed = { ...start, identity: { ...start.identity, proof: 'signed' as const } };
  const login = { type: 'access.login', how: 'link', from: '127.0.0.1' } as const;
  const loaded = { type: 'policy.loaded', digest: 'd', source: 's' } as const;
  const cases: [string, string, Draft['body']][] = [
    ['a proof that nobody checked', ID, signed],
    ['a login', ID, login],
    ['a login of the system', 'system', login],
    ['a policy in a session', ID, loaded],
    ['a session that is the system', 'system', start],
    ['output of the system', 'system', { type: 'session.output', content: Buffer.from('x') }],
  ];
  for (const [what, session, body] of cases) {
    t.throws(() => read(encodeAppend(1, session, [{ at: 1, body }])), { code: 'FORBIDDEN' }, what);
  }
  t.doesNotThrow(() => read(encodeAppend(1, 'system', [{ at: 1, body: loaded }])));
});

t.test('what is too large for a frame is said before it is sent', async (t) => {
  const content = Buffer.alloc(MAX_FRAME);
  t.throws(() => encodeAppend(1, ID, [{ at: 1, body: { type: 'session.output', content } }]), {
    code: 'TOO_LARGE',
  });
});

t.test('answers: there and back, and noise', async (t) => {
  for (const answer of [
    { kind: 'stored', call: 9 },
    { kind: 'failed', call: 3, code: 'STORE_FULL', message: 'é' },
    { kind: 'end', session: ID, reason: 'é left' },
  ] as const) {
    t.strictSame(decodeAnswer(encodeAnswer(answer)), answer);
  }
  const odd = Buffer.from(`\x82\0\0\0\0\0\0\0\x01{"code":"toString","message":"x"}`, 'latin1');
  t.throws(() => decodeAnswer(odd), { code: 'EVENT_INVALID' }, 'a code that is none');
  t.throws(() => decodeAnswer(Buffer.from('810000000000000000', 'hex')), { code: 'EVENT_INVALID' }, 'call 0');
  t.throws(() => decodeAnswer(Buffer.from('81ffffffffffffffff', 'hex')), { code: 'EVENT_INVALID' });
  t.throws(() => decodeAnswer(Buffer.from('81000000000000000100', 'hex')), { code: 'EVENT_INVALID' });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) =>
      throwsOnlyOurs(() => decodeAnswer(Buffer.from(bytes))),
    ),
    { seed: SEED, numRuns: 2000 },
  );
});

/** What was let through must be what the log's own reader takes for an event. */
function onlyOurErrors(frame: Buffer): boolean {
  return throwsOnlyOurs(() => {
    const { session, drafts } = read(frame);
    for (const { at, body } of drafts) {
      const content =
        'content' in body ? { content: { bytes: body.content.length, hash: 'A'.repeat(43) } } : {};
      checkEvent({ v: 1, session, seq: 0, at, body: { ...body, ...content } });
    }
  });
}

function throwsOnlyOurs(action: () => unknown): boolean {
  try {
    action();
  } catch (error) {
    if (error instanceof ChaperoneError && ['EVENT_INVALID', 'FORBIDDEN'].includes(error.code)) return true;
    throw error;
  }
  return true;
}
