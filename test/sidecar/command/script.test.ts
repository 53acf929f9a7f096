/** What arrives on standard input, where that is known; and statements that come one by one. */
import t from 'tap';
import { analyse, analyseArgv, Script } from '../../../sidecar/command/analyse.ts';

function codes(line: string, input?: 'judged' | 'empty'): string[] {
  return analyse(line, { cwd: '/', ...(input && { input }) }).unknown.map(({ code }) => code);
}

t.test('a shell whose script is judged is nothing unknown, another language is', async (t) => {
  for (const line of ['bash', 'env sh', 'sudo -i', 'su', 'exec zsh', 'chroot /x', '. /dev/stdin'])
    t.same(codes(line, 'judged'), [], line);
  for (const line of ['fish', 'python3', 'sudo node', 'perl -'])
    t.same(codes(line, 'judged'), ['code-on-stdin'], line);
  for (const line of ['a | sh', 'sh <&3', 'bash < f', 'f() { sh; }; a | f'])
    t.not(codes(line, 'judged').length, 0, line);
});

t.test('where nothing arrives, nothing is run', async (t) => {
  for (const line of ['bash', 'fish', 'python3', 'su', 'sudo -s', 'source /dev/stdin'])
    t.same(codes(line, 'empty'), [], line);
  t.same(codes('a | sh', 'empty'), ['code-on-stdin']);
  t.equal(analyseArgv(['bash'], { cwd: '/', input: 'empty' }).input, 'empty', 'the action says so');
});

t.test('later statements know what former ones have set', async (t) => {
  const script = new Script({ cwd: '/a*b', input: 'judged' });
  t.equal(script.read('x=1').cwd, '/a*b');
  script.read('cd sub; y=$(curl z)');
  t.same(script.peek('cd /; rm $x').commands.at(-1)?.argv, ['rm', '1']);
  const last = script.read('rm -r $x "$y" f');
  t.equal(last.cwd, '/a*b/sub');
  t.same(
    last.commands.map(({ argv }) => argv),
    [['rm', '-r', '1', null, 'f']],
  );
  t.match(
    last.commands[0]?.touches.map(({ path }) => path),
    ['/a\\*b/sub/1', /\*\*/, '/a\\*b/sub/f'],
  );
  script.read('cd "$z"');
  t.equal(script.read('ls').cwd, '', 'a directory that is not known');
  t.same(script.read('echo $(').unknown.length > 0, true);
  t.same(script.read('ls').unknown, [], 'what was wrong with one is not held against the next');
});
