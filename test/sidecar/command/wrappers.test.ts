// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines for a shell
/** Commands that run others: where the inner one starts, and when there is none. */
import t from 'tap';
import { codes, found } from './look.ts';

t.test('wrappers', async (t) => {
  const cases: [line: string, last: string][] = [
    ['sudo -u a -g b -C 3 -E -- A=1 x y', 'sudo>x y'],
    ['sudo -uroot -n x', 'sudo>x'],
    ['sudo --user=a --group b x', 'sudo>x'],
    ['doas -u a x', 'doas>x'],
    ['- x y', '->x y'],
    ['=x y', '=x y'],
    ['env -i -u A -C /t B=1 x', 'env>x'],
    ['env -S "x y" z', 'env>x y z'],
    ['env --split-string="A=1 x"', 'env>x'],
    ['nice -n 5 x', 'nice>x'],
    ['nice -5 x', 'nice>x'],
    ['ionice -c 2 -n 3 x', 'ionice>x'],
    ['timeout -k 5 -s INT --preserve-status 10s x', 'timeout>x'],
    ['timeout "$t" x', 'timeout>x'],
    ['nohup -- x', 'nohup>x'],
    ['setsid -fw x', 'setsid>x'],
    ['stdbuf -i0 -o L --error=0 x', 'stdbuf>x'],
    ['/usr/bin/time -f %e -o f x', 'time>x'],
    ['command -p x', 'command>x'],
    ['builtin cd y', 'builtin>cd y'],
    ['exec -c -a name x', 'exec>x'],
    ['chroot --userspec=a:b /r x', 'chroot>x'],
    ['busybox x y', 'busybox>x y'],
    ['xargs -0 -n 1 -P4 x y', 'xargs>x y ?'],
    ['xargs -I{} x {} z', 'xargs>x ? z'],
    ['xargs', 'xargs>echo ?'],
    ['echo x | xargs -I{} y {}/z', 'xargs>y x/z'],
    ["echo x | xargs -I%% sh -c 'y %%'", 'xargs>sh>y x'],
    ['echo x y | xargs -I{} z {}', 'xargs>z ?'],
    ['echo x | xargs -a file y', 'xargs>y ?'],
    ['echo x | xargs --arg=file y', 'xargs>y ?'],
    ['echo x,y | xargs -d, z', 'xargs>z ?'],
    ['find . -exec x {} \\; -print', 'find>x {}'],
    ['find a b -name c -execdir x {} + -exec y \\;', 'find>y'],
    ['sudo nice env timeout 1 x', 'sudo>nice>env>timeout>x'],
    ["bash -exuo pipefail -c 'x y'", 'bash>x y'],
    ["zsh -o extendedglob -c 'x'", 'zsh>x'],
    ["bash --rcfile f --norc -c 'x'", 'bash>x'],
    ['bash -c \'x "$1" $2 ${3}\' a b c d', 'bash>x b c d'],
    ["su - agent -c 'x'", 'su>x'],
    ["eval 'x' y", 'eval>x y'],
    ["trap 'x' EXIT INT", 'trap>x'],
    ['bash -c \'eval "x $1"\' - z', 'bash>eval>x z'],
  ];
  for (const [line, last] of cases) {
    t.equal(found(line).at(-1), last, line);
    t.strictSame(codes(line), [], line);
  }
});

t.test('wrappers that run nothing', async (t) => {
  for (const line of [
    'sudo -l',
    'sudo -v',
    'command -v x',
    'env',
    'time -V',
    'busybox --list',
    'ionice -p 1',
    'trap - INT',
    'trap',
    'bash --version',
  ]) {
    t.equal(found(line).length, 1, line);
    t.strictSame(codes(line), [], line);
  }
});
