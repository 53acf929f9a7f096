/** What hooks are told: read whatever comes, kept but for what is no work of the agent's. */
import fc from 'fast-check';
import t from 'tap';
import { HOOK_EVENTS, readHook } from '../../../sidecar/cursor/hook.ts';
import { keptOf } from '../../../sidecar/cursor/kept.ts';
import { told } from './told.ts';

t.test('what all events have', async (t) => {
  t.match(readHook(told('stop', { status: 'completed' }, { user_email: 'person@example.com' })), {
    event: 'stop',
    conversation: 'conversation-1',
    generation: 'generation-1',
    model: 'model-1',
    email: 'person@example.com',
    roots: ['/srv/shop'],
    members: { status: 'completed' },
  });
});

t.test('what is not told, or is of another kind, is empty and not fatal', async (t) => {
  t.match(readHook(Buffer.from('{}')), { event: '', conversation: '', email: null, roots: [] });
  const odd = {
    conversation_id: 7,
    workspace_roots: ['relative', 3, '/a'],
    user_email: {},
    model: 'a\u001b[2J',
  };
  t.match(readHook(told('newEvent', {}, odd)), {
    event: 'newEvent',
    conversation: '',
    model: '',
    email: null,
    roots: ['/a'],
  });
  t.match(readHook(told('__proto__')), { event: '__proto__' });
});

t.test('what is no JSON object is none', async (t) => {
  for (const text of ['', 'x', '[]', 'null', '"a"', '{"a":1', '\ufeff{"a":1}x'])
    t.equal(readHook(Buffer.from(text)), null, text);
  t.equal(readHook(Buffer.of(0x7b, 0xff, 0x7d)), null);
});

t.test('whatever comes: it is read or is none, and what is kept is JSON', async (t) => {
  const event = fc.constantFrom(...Object.keys(HOOK_EVENTS), 'other', '');
  fc.assert(
    fc.property(
      event,
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.boolean(),
      (name, members, thoughts) => {
        const hook = readHook(Buffer.from(JSON.stringify({ ...members, hook_event_name: name })));
        if (hook === null) throw new Error('it is an object');
        JSON.parse(Buffer.from(keptOf(hook, thoughts).content).toString());
      },
    ),
    { seed: 20261122, numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      readHook(bytes);
    }),
    { seed: 20261122, numRuns: 500 },
  );
  t.pass('1,000 of them');
});

t.test(
  'a file that is read is not kept, what is written is, thoughts only where the policy says so',
  async (t) => {
    const kept = (event: string, own: object, thoughts = false) => {
      const { content, withheld } = keptOf(readHook(told(event, own))!, thoughts);
      return { withheld, ...JSON.parse(Buffer.from(content).toString()) };
    };
    const attachments = [{ type: 'file', file_path: '/b', content: 'inside' }];
    t.match(kept('beforeReadFile', { file_path: '/a', content: 'dürfen', attachments }), {
      withheld: ['content', 'attachments.0.content'],
      file_path: '/a',
      content: '(7 bytes, not kept)',
      attachments: [{ file_path: '/b', content: '(6 bytes, not kept)' }],
    });
    t.match(kept('postToolUse', { tool_name: 'Read', tool_output: 'abc' }), { withheld: ['tool_output'] });
    t.match(kept('postToolUse', { tool_name: 'Shell', tool_output: 'abc' }), {
      withheld: [],
      tool_output: 'abc',
    });
    t.match(kept('preToolUse', { tool_name: 'Write', tool_input: { content: 'code' } }), {
      tool_input: { content: 'code' },
    });
    t.match(kept('beforeSubmitPrompt', { prompt: 'do it' }), { withheld: [], prompt: 'do it' });
    t.match(kept('afterAgentThought', { text: 'hm' }), { withheld: ['text'], text: '(2 bytes, not kept)' });
    t.match(kept('afterAgentThought', { text: 'hm' }, true), { withheld: [], text: 'hm' });
  },
);

t.test('what is too long is cut, and said', async (t) => {
  const output = 'x'.repeat(3 << 20);
  const { content, withheld } = keptOf(
    readHook(told('afterShellExecution', { command: 'yes', output }))!,
    false,
  );
  t.same(withheld, ['output']);
  t.ok(content.length < 2 << 20);
  t.match(JSON.parse(Buffer.from(content).toString()), {
    command: 'yes',
    output: /x \(3145728 characters, cut here\)$/,
  });
  const many = Array.from({ length: 12 }, () => 'y'.repeat(1 << 20));
  const all = keptOf(readHook(told('ofALaterVersion', { many }))!, false);
  t.match(all.withheld, [/^all but these \(12\d+ bytes\)$/]);
  t.match(JSON.parse(Buffer.from(all.content).toString()), { hook_event_name: 'ofALaterVersion' });
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  t.doesNotThrow(() => readHook(Buffer.from(`{"a":${deep}}`)));
});
