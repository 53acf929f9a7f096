/**
 * What an agent sees of a shell is the same with the launcher in its place: output, status, signals, and what the children
 * see. Every case runs twice, once with the real shell.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { needs } from '../../tool.ts';
import { type Beside, beside, type Given, run, type Side } from './beside.ts';

t.setTimeout(120_000);

/** Name and command. */
const COMMANDS = readFileSync(join(import.meta.dirname, 'fixtures/commands.bash'), 'utf8')
  .split(/^### /m)
  .slice(1)
  .map((section) => /^(.*)\n([\s\S]*)\n$/.exec(section)!.slice(1) as [string, string]);

async function same(t: Test, both: Beside, what: string, given: (side: Side) => Given & { program: string }) {
  const outcome = async (side: Side) => {
    const { program, ...rest } = given(side);
    return await run(program, { ...rest, options: { env: side.env, cwd: side.directory, ...rest.options } });
  };
  const [plain, launched] = await Promise.all([outcome(both.plain), outcome(both.launched)]);
  t.same(neutral(launched, both.launched), neutral(plain, both.plain), what);
  return plain;
}

/** Messages of a shell begin with its own path, and with where it runs. */
function neutral(outcome: object, side: Side): unknown {
  const text = JSON.stringify(outcome);
  return JSON.parse(text.replaceAll(side.shell(''), 'SHELLS/').replaceAll(side.directory, 'HERE'));
}

t.test('commands of bash', async (t) => {
  const both = await beside(t);
  for (const [name, command] of COMMANDS)
    await same(t, both, name, (side) => ({
      program: side.shell('bash'),
      args: ['-c', command, 'zero', 'one', 'two three'],
      input: 'first\nsecond\nthird\n',
    }));
  for (const session of both.keeper.sessions) t.same(session.faults, [], 'without a gap');
});

t.test('other shells', async (t) => {
  const both = await beside(t);
  const commands = {
    status: 'exit 7',
    streams: 'echo a; echo b >&2',
    signal: 'kill -TERM $$',
    trap: 'trap "echo bye" EXIT; echo hi',
    pipes: 'seq 1 100 | tail -1',
    background: 'echo x & wait',
  };
  for (const shell of ['sh', 'zsh', 'dash', 'ash']) {
    if (!existsSync(`/bin/${shell}`)) {
      if (shell !== 'ash') needs(t, shell);
      continue;
    }
    for (const [name, command] of Object.entries(commands))
      await same(t, both, `${shell}: ${name}`, (side) => ({
        program: side.shell(shell),
        args: ['-c', command],
      }));
  }
});
