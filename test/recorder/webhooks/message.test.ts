/** What goes out: masked and bounded, plain where mark-up would count, signed as the specification says. */
import fc from 'fast-check';
import t from 'tap';
import { requested } from '../../../recorder/approvals/approval.ts';
import { isFor, messageOf, payloadOf } from '../../../recorder/webhooks/message.ts';
import { delayAfter, PATIENCE } from '../../../recorder/webhooks/retries.ts';
import { USUAL } from '../../../recorder/webhooks/settings.ts';
import { readSecret, signatureHeaders } from '../../../recorder/webhooks/signature.ts';
import { slackOf } from '../../../recorder/webhooks/slack.ts';
import { request } from '../approvals/sample.ts';

const PAGE = 'https://chaperone.example.com/';

function payload(line: string, more: Partial<ReturnType<typeof request>> = {}) {
  const one = { ...request(), asked: { ...request().asked, line } as never, ...more };
  return payloadOf(messageOf(requested(one, 1e15), one, 1e15)!, PAGE);
}

t.test('the signature is that of the specification', (t) => {
  // The vector that the specification's own libraries are tested with.
  const secret = readSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')!;
  const signed = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' };
  t.match(signatureHeaders(signed, secret), {
    'webhook-id': signed.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
  t.equal(signatureHeaders(signed, null)['webhook-signature'], undefined);
  for (const wrong of ['', 'secret', 'whsec_', 'whsec_c2hvcnQ=', `whsec_${'A'.repeat(200)}`, 'whsec_!!!!'])
    t.equal(readSecret(wrong), null, wrong);
  t.end();
});

t.test('however much is asked, a message is small, and nothing in it acts on who reads it', (t) => {
  const long = payload('x'.repeat(100_000), { reason: 'y'.repeat(100_000), rule: 'z'.repeat(9000) });
  t.equal(long.data.cut, true);
  t.ok(JSON.stringify(long).length < 8000);
  t.ok(JSON.stringify(slackOf(long)).length < 12_000);
  const { what } = payload('rm \u202e\u001b[2Jx\u0000\u200b').data;
  t.equal(what, 'rm \ufffd\ufffd[2Jx\ufffd\ufffd');
  t.equal(payload(`${'a'.repeat(998)}\u{1f600}b`).data.what.isWellFormed(), true);
  t.end();
});

t.test('in Slack, mark-up means nothing, and the only link is ours', (t) => {
  const hostile = '<!channel> <https://evil.example|Approve> *bold* `code` &lt;';
  const text = JSON.stringify(slackOf(payload(hostile, { reason: hostile, rule: hostile })));
  const sent = JSON.parse(text) as { text: string; blocks: { text: { type: string; text: string } }[] };
  t.notMatch(sent.text, /[<>]/);
  const marked = sent.blocks.filter((block) => block.text.type !== 'plain_text');
  t.same(
    marked.map((block) => block.text.text),
    [`<https://chaperone.example.com/approvals/${request().id}|Open the request>`],
  );
  t.end();
});

t.test('who is told of what: all that is said has to hold', (t) => {
  const ALL = { types: USUAL, groups: null, kinds: null, rules: null, namespaces: null };
  const pod = { namespace: 'team-a', name: 'p', uid: 'u', serviceAccount: 's' };
  const one = request({ groups: ['leads'] });
  const message = (requester: object = { pod }) =>
    messageOf(requested({ ...one, requester: { ...one.requester, ...requester } }, 1), one, 1)!;
  const cases: [boolean, Partial<Parameters<typeof isFor>[0]>, object?][] = [
    [true, {}],
    [true, { kinds: ['tool', 'command'] }],
    [false, { kinds: ['request', 'tool'] }],
    [true, { rules: ['team/*'] }],
    [false, { rules: ['teams/*', 'deploys'] }],
    [true, { namespaces: ['x', 'team-?'] }],
    [false, { namespaces: ['team'] }],
    [false, { namespaces: ['*'] }, {}],
    [true, { namespaces: null }, {}],
    [false, { types: ['approval.expired'] }],
    [false, { groups: ['dev'], rules: ['team/*'] }],
    [true, { groups: ['leads'], rules: ['team/*'], namespaces: ['team-*'], kinds: ['command'] }],
    [false, { groups: ['leads'], rules: ['team/*'], namespaces: ['other'], kinds: ['command'] }],
  ];
  for (const [told, filter, requester] of cases)
    t.equal(isFor({ ...ALL, ...filter }, message(requester)), told, JSON.stringify(filter));
  t.end();
});

t.test('it is tried again later and later, and not for ever', (t) => {
  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), chance, fc.nat(), (attempts, one, asked) => {
      const delay = delayAfter(attempts, PATIENCE, { chance: one, asked });
      if (attempts >= PATIENCE.attempts) return t.equal(delay, null);
      return t.ok(delay !== null && delay >= PATIENCE.first / 2 && delay <= PATIENCE.longest);
    }),
    { seed: 5, numRuns: 200 },
  );
  t.equal(delayAfter(1, PATIENCE, { chance: 0, asked: 30_000 }), 30_000, 'as long as the receiver asks');
  t.end();
});
