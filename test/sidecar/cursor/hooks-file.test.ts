/** hooks.json: ours in it, what others have there stays, and what is wrong with one is said. */
import t from 'tap';
import { HOOK_EVENTS } from '../../../sidecar/cursor/hook.ts';
import { complaints, parseHooksFile, withOurs } from '../../../sidecar/cursor/hooks-file.ts';

const WANTED = {
  command: '/opt/chaperone/bin/chaperone-hook /run/chaperone/agent.sock',
  longestApproval: 900,
};

t.test('every event that Cursor documents asks, fails closed, and outlives a person', async (t) => {
  const { version, hooks } = withOurs(null, WANTED);
  t.equal(version, 1);
  t.same(Object.keys(hooks), Object.keys(HOOK_EVENTS));
  for (const [event, [entry]] of Object.entries(hooks))
    t.match(entry, { failClosed: true, type: 'command' }, event);
  t.ok(hooks.beforeShellExecution![0]!.timeout! > 900);
  t.same(complaints(withOurs(null, WANTED), WANTED), []);
});

t.test('what others have stays, ours is there once, and the rest of the file is kept', async (t) => {
  const other = { command: './audit.sh', timeout: 5 };
  const old = { command: "'/old/place/chaperone-hook' /x.sock" };
  const before = parseHooksFile(
    JSON.stringify({
      version: 1,
      more: 1,
      hooks: { stop: [old, other], beforeReadFile: [old], ofOthers: [other] },
    }),
  );
  const after = withOurs(before, WANTED);
  t.match(after, { more: 1, hooks: { stop: [{ command: WANTED.command }, other], ofOthers: [other] } });
  t.equal(after.hooks.beforeReadFile!.length, 1);
  t.same(withOurs(after, WANTED), after, 'twice is once');
  t.match(complaints(after, WANTED), [/^ofOthers is no event/]);
});

t.test('what is wrong is said', async (t) => {
  const good = withOurs(null, WANTED);
  const with_ = (change: object) => complaints({ ...good, hooks: { ...good.hooks, ...change } }, WANTED);
  const [entry] = good.hooks.stop!;
  t.match(with_({ stop: [] }), [/^stop has no hook of ours/]);
  t.match(with_({ stop: [entry, entry] }), [/2 hooks of ours/]);
  t.match(with_({ stop: [{ ...entry, failClosed: false }] }), [/failClosed/]);
  t.match(with_({ stop: [{ ...entry, matcher: 'x' }] }), [/matcher/]);
  t.match(with_({ stop: [{ ...entry, command: '/elsewhere/chaperone-hook /x' }] }), [/starts \/elsewhere/]);
  t.match(with_({ preToolUse: [{ ...entry, timeout: 60 }] }), [/gives up before/]);
});

t.test('what is no hooks.json is not touched', async (t) => {
  for (const text of [
    '',
    '[]',
    '{"version":2,"hooks":{}}',
    '{"version":1}',
    '{"version":1,"hooks":{"stop":{}}}',
  ])
    t.throws(() => parseHooksFile(text), { code: 'USAGE' }, text);
});
