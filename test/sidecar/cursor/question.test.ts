/** What of a hook passes the gate, and when two of them ask about the same thing. */
import t from 'tap';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { HOOK_EVENTS, readHook } from '../../../sidecar/cursor/hook.ts';
import { questionOf } from '../../../sidecar/cursor/question.ts';
import { told } from './told.ts';

const reading = {
  home: '/home/user',
  analyse: (line: string, { cwd }: { cwd: string }) => analyse(line, { cwd }),
};
const asks = (event: string, own: object, common: object = {}) =>
  questionOf(readHook(told(event, own, common))!, reading);

t.test('a command, in both of its hooks', async (t) => {
  const shell = asks('beforeShellExecution', {
    command: 'rm -rf x',
    cwd: '/srv/shop/src/..',
    sandbox: false,
  });
  t.match(shell?.action, {
    kind: 'command',
    line: 'rm -rf x',
    cwd: '/srv/shop',
    commands: [{ program: 'rm' }],
  });
  const tool = asks('preToolUse', { tool_name: 'Shell', tool_input: { command: 'rm -rf x' } });
  t.match(tool?.action, { kind: 'command', line: 'rm -rf x', cwd: '/srv/shop' });
  t.equal(tool?.key, shell?.key);
  t.not(asks('beforeShellExecution', { command: 'rm -rf y' })?.key, shell?.key);
});

t.test(
  'a command without a directory is run where Cursor is open; without that nowhere that is known',
  async (t) => {
    t.match(asks('beforeShellExecution', { command: 'ls', cwd: '' })?.action, { cwd: '/srv/shop' });
    t.match(asks('beforeShellExecution', { command: 'ls', cwd: '' }, { workspace_roots: [] })?.action, {
      cwd: '',
    });
  },
);

t.test('a command that is not told is unknown, or nothing', async (t) => {
  t.match(asks('beforeShellExecution', {})?.action, { kind: 'command', line: '', commands: [] });
});

t.test('a call over MCP, with its server', async (t) => {
  const input = { query: 'x' };
  t.match(
    asks('beforeMCPExecution', {
      tool_name: 'search',
      tool_input: JSON.stringify(input),
      url: 'https://t.example',
    })?.action,
    { kind: 'tool', use: 'mcp', tool: 'search', server: 'https://t.example', input, unknown: [] },
  );
  t.match(asks('beforeMCPExecution', { tool_name: 'x', tool_input: '{', command: 'npx tool' })?.action, {
    server: 'npx tool',
    input: undefined,
    unknown: ['what the tool is given cannot be read'],
  });
  t.equal(
    asks('preToolUse', { tool_name: 'MCP:search', tool_input: input }),
    null,
    'asked about with its server',
  );
});

t.test('files: read in both hooks, edited; relative ones stand in the project', async (t) => {
  const read = asks('beforeReadFile', { file_path: '/etc/hosts', content: '127.0.0.1' });
  t.match(read?.action, { use: 'read', path: '/etc/hosts', tool: '', unknown: [] });
  t.notMatch(Buffer.from((read!.action as { recorded: Uint8Array }).recorded).toString(), /127/);
  const tool = asks('preToolUse', { tool_name: 'Read', tool_input: { path: '/etc/../etc/hosts' } });
  t.match(tool?.action, { use: 'read', path: '/etc/hosts' });
  t.equal(tool?.key, read?.key);
  const edit = { file_path: '../x', content: 'code' };
  t.match(asks('preToolUse', { tool_name: 'Write', tool_input: edit })?.action, {
    use: 'edit',
    path: '/srv/x',
    tool: 'Write',
    input: edit,
  });
  t.match(asks('preToolUse', { tool_name: 'Delete', tool_input: {} })?.action, {
    use: 'edit',
    path: '',
    unknown: ['the path of the file is not told'],
  });
});

t.test('other tools, and subagents', async (t) => {
  t.match(asks('preToolUse', { tool_name: 'WebSearch', tool_input: { q: 1 } })?.action, {
    use: 'call',
    tool: 'WebSearch',
    input: { q: 1 },
  });
  t.match(asks('preToolUse', {})?.action, { use: 'call', unknown: ['the name of the tool is not told'] });
  t.match(asks('subagentStart', { subagent_type: 'explore', task: 'look' })?.action, {
    use: 'call',
    tool: 'subagent',
    input: { task: 'look' },
  });
});

t.test('everything that has a permission to give asks, and nothing else does', async (t) => {
  for (const [event, answer] of Object.entries(HOOK_EVENTS))
    t.equal(
      asks(event, { command: 'ls', file_path: '/a', tool_name: 'x' }) !== null,
      answer === 'permission',
      event,
    );
  t.equal(asks('ofALaterVersion', { command: 'ls' }), null);
});
