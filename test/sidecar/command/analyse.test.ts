// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines for a shell
/** What is found in a line: commands, wrappers, values, what feeds what, and what is unknown. */
import t from 'tap';
import { analyse, analyseArgv, type Context } from '../../../sidecar/command/analyse.ts';

const context: Context = { cwd: '/w', home: '/home/ann' };
const look = (line: string) => analyse(line, context);
/** `via>via>program arg arg`, one text for each command. */
const found = (line: string) =>
  look(line).commands.map(({ via, argv }) => [...via, argv.map((word) => word ?? '?').join(' ')].join('>'));
const codes = (line: string) => look(line).unknown.map(({ code }) => code);
const touched = (line: string) =>
  look(line).commands.flatMap(({ touches }) =>
    touches.map(
      ({ role, path, recursive, certain }) =>
        `${role} ${path}${recursive ? ' all' : ''}${certain ? '' : ' ?'}`,
    ),
  );

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
    ["su - ann -c 'x'", 'su>x'],
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

t.test('commands wherever they stand', async (t) => {
  const lines = [
    'a; X',
    'a && X',
    'a || X',
    'a | X',
    'a |& X',
    'X &',
    '! X',
    'time X',
    '( X )',
    '{ X; }',
    'if X; then a; fi',
    'if a; then X; fi',
    'if a; then b; elif X; then c; fi',
    'if a; then b; else X; fi',
    'while X; do a; done',
    'until a; do X; done',
    'for i in a; do X; done',
    'for ((;;)); do X; done',
    'select i in a; do X; done',
    'case a in b) X;; esac',
    'f() { X; }',
    'function f { X; }',
    'f() ( X )',
    'f() for i in a; do X; done',
    'coproc X',
    'coproc N { X; }',
    'a "$(X)"',
    'a `X`',
    'a "`X`"',
    'a=$(X)',
    'a=(b $(X))',
    'a[$(X)]=b',
    'a=b$(X) c',
    'export a=$(X)',
    'a <(X)',
    'a >(X)',
    'a < <(X)',
    'a > "$(X)"',
    'a <<< "$(X)"',
    'a <<E\n$(X)\nE',
    'a <<E\n`X`\nE',
    '[[ $(X) ]]',
    '[[ -n a && b == $(X) ]]',
    '(( $(X) ))',
    'a $(( 1 + $(X) ))',
    'a ${b:-$(X)}',
    'a "${b:-$(X)}"',
    'a ${b#$(X)}',
    'a ${b/$(X)/c}',
    'a ${b/c/$(X)}',
    'a ${b/$(X /)/c}',
    'a "${b//$(X a/b)}"',
    'a ${b:$(X)}',
    'a ${b:$(X :):1}',
    'a ${b[$(X)]}',
    'a ${b^$(X)}',
    'a ${b:=$(X)}',
    'a ${b:?$(X)}',
    'for i in $(X); do a; done',
    'case $(X) in a) b;; esac',
    'case a in $(X)) b;; esac',
    'for ((i=$(X);;)); do a; done',
    'a {b,$(X)}',
    'a [$(X)]',
    'a ?($(X))',
    'a $(b $(c $(X)))',
    'a "$(b "$(c "$(X)")")"',
    'a `b \\`X\\``',
    '$(X) a',
    '"$(X)"',
    'a 2>&1 > $(X)',
    '{ a; } > $(X)',
    'a ${ X; }',
    'a $"$(X)"',
    "bash -c 'a; X'",
    'eval "a; X"',
    'bash <<E\nX\nE',
    "bash <<'E'\nX\nE",
    "bash <<< 'X'",
    'echo X | sh',
    "trap 'a; X' EXIT",
    'a\nX',
    'a # b\nX',
    'a\\\n; X',
  ];
  for (const line of lines)
    t.ok(
      look(line).commands.some(({ program }) => program === 'X'),
      line,
    );
});

t.test('what is only text is no command', async (t) => {
  for (const line of [
    "echo 'X; Y'",
    'echo "a; X"',
    'a \\; X',
    "cat <<'E'\n$(X)\nE",
    'echo \'$(X)\' "\\$(X)" \\`X\\`',
    'a # X',
    'cat > f <<E\nX\nE',
    "git commit -m 'a && X'",
  ]) {
    t.strictSame(
      look(line).commands.filter(({ program }) => program === 'X'),
      [],
      line,
    );
    t.strictSame(codes(line), [], line);
  }
});

t.test('unknown, each with its code', async (t) => {
  const cases: Record<string, string[]> = {
    syntax: [
      'a $(',
      'if a',
      'a "',
      "a '",
      'a |',
      'a && ',
      ') a',
      'a <<',
      '{ a',
      'case a in',
      '((',

      "eval 'if'",
      'echo $(if)',
      'a & & b',
    ],
    'computed-command': [
      '$x',
      '"$x" a',
      '$x/y',
      '$(a) b',
      '`a`',
      '/bin/l?',
      'sudo $x',
      'env "$x"',
      '${x:-a}',
      'x$y',
      'nice -n 1 $x',
    ],
    'computed-code': [
      'eval "$x"',
      'eval a $x',
      'bash -c "$x"',
      'bash -c \'eval "$1"\'  - "$x"',
      'trap "$x" EXIT',
      'sh -c $x',
      'echo ${x@P}',
      'su -c "$x"',
      'xargs sh -c',
      "env -S 'a $x'",
    ],
    'code-on-stdin': [
      'a | sh',
      'sh < f',
      'a | bash -s',
      'a > >(sh)',
      'a | python3',
      'sh <<< "$x"',
      'sh <<E\n$x\nE',
      'a | source /dev/stdin',
      'python3 < f',
      'a | sudo bash',
      '{ a; sh; } < f',
    ],
    'no-hooks': ['bash', 'sudo -i', 'su', 'zsh -i', 'sudo -s', 'sh', 'env bash'],
    'unreadable-script': ['bash f', 'source f', '. f', 'sh ./x a', 'sudo bash f', 'bash <(a)'],
    'computed-argument': ['bash $x a'],
  };
  for (const [code, lines] of Object.entries(cases)) {
    for (const line of lines) t.ok(codes(line).includes(code as never), `${code}: ${line} (${codes(line)})`);
  }
});

t.test('variables whose value the line itself settles', async (t) => {
  const cases: [line: string, last: string][] = [
    ['a=1; x $a', 'x 1'],
    ['a="b c"; x $a', 'x b c'],
    ['a="b c"; x "$a"', 'x b c'],
    ['a=1 b=$a; x $b', 'x 1'],
    ['export a=1; x $a', 'x 1'],
    ['x $PWD', 'x /w'],
    ['cd y; x $PWD', 'x /w/y'],
    ['a=1; { a=2; }; x $a', 'x 2'],
    ['a=1; (a=2); x $a', 'x 1'],
    ['a=1; a=2 true; x $a', 'x 1'],
    ['a=1; a=2 | b; x $a', 'x 1'],
    ['a=1; a=2 & x $a', 'x 1'],
    ['a=1; if b; then a=2; fi; x $a', 'x ?'],
    ['a=1; b && a=2 && x $a', 'x 2'],
    ['a=1; b && a=2; x $a', 'x ?'],
    ['a=1; b || a=2; x $a', 'x ?'],
    ['a=1; while b; do x $a; a=2; done', 'x ?'],
    ['a=1; for a in b; do :; done; x $a', 'x ?'],
    ['a=1; read a; x $a', 'x ?'],
    ['a=1; unset a; x $a', 'x ?'],
    ['a=1; printf -v a b; x $a', 'x ?'],
    ['a=1; f() { a=2; }; x $a', 'x ?'],
    ['a=1; a+=2; x $a', 'x ?'],
    ['a=(1 2); x $a', 'x ?'],
    ['a=$(b); x $a', 'x ?'],
    ["a=1; bash -c 'x $a'", 'bash>x ?'],
    ["a=1 bash -c 'x $a'", 'bash>x 1'],
    ["a=1; eval 'x $a'", 'eval>x 1'],
    ["HOME=/ bash -c 'x ~'", 'bash>x /'],
    [': ${a:=1}; x $a', 'x ?'],
  ];
  for (const [line, last] of cases) t.ok(found(line).includes(last), `${line}: ${found(line).join(' · ')}`);
});

t.test('paths by role', async (t) => {
  const cases: Record<string, string[]> = {
    'rm -rf a ../b /c/./d//e/': ['deletes /w/a all', 'deletes /b all', 'deletes /c/d/e all'],
    'rm a*': ['deletes /w/a*'],
    "rm 'a*'": ['deletes /w/a\\*'],
    'rm -r /x/*': ['deletes /x all'],
    'rm "$x"': ['deletes /** ?'],
    'rm "/a/$x"': ['deletes /a/** ?'],
    'rm $x -r y': ['deletes /** all ?', 'deletes /w/y all'],
    'rm $x y': ['deletes /** ?', 'deletes /** all ?', 'deletes /w/y', 'deletes /w/y all ?'],
    'cp -r a b c': ['reads /w/a', 'reads /w/b', 'writes /w/c'],
    'cp -t d a': ['writes /w/d', 'reads /w/a'],
    'mv a b': ['deletes /w/a all', 'writes /w/b'],
    'dd if=a of=/b bs=1': ['reads /w/a', 'writes /b'],
    'a > b 2>> c < d &> e >&2 2>&1 >&f': [
      'writes /w/b',
      'writes /w/c',
      'reads /w/d',
      'writes /w/e',
      'writes /w/f',
    ],
    'cd /x && cat y': ['reads /x/y'],
    'cd "$x" && rm -r y': ['deletes /**/y all ?'],
    'chmod -R 755 a': ['changes /w/a all'],
    'grep -e x a b': ['reads /w/a', 'reads /w/b'],
    'grep x a': ['reads /w/a'],
    'head -n 3 a': ['reads /w/a'],
    'find a -name "*.o" -delete': ['deletes /w/a/**/*.o'],
    'find a b -delete': ['deletes /w/a all', 'deletes /w/b all'],
    'find a -mtime +3 -delete': ['deletes /w/a/**/*', 'deletes /w/a all ?'],
    'find a ! -name x -delete': ['deletes /w/a/**/*', 'deletes /w/a all ?'],
    'find a -exec rm {} +': ['deletes /w/a all'],
    'find a -name x -exec rm {} +': ['deletes /w/a/**/x ?'],
    'cd b; rm c': ['deletes /w/b/c', 'deletes /w/c ?'],
    'cd b && rm c': ['deletes /w/b/c'],
    'a && cd b; rm c': ['deletes /w/b/c', 'deletes /w/c ?'],
    'env -C /b rm c': ['deletes /b/c'],
    'tar cf a b': ['writes /w/a'],
    'tar -xf a': ['reads /w/a'],
    'for f in *.txt; do rm "$f"; done': ['deletes /w/*.txt'],
    'tee -a a b': ['writes /w/a', 'writes /w/b'],
    'curl -sSLo a x': ['writes /w/a'],
    'fdisk -l /dev/x': ['reads /dev/x'],
    'rsync -a --delete a/ b': ['reads /w/a', 'writes /w/b', 'deletes /w/b all'],
  };
  for (const [line, expected] of Object.entries(cases)) t.strictSame(touched(line), expected, line);
});

t.test('pipelines and who runs whose output', async (t) => {
  const pipelines = look('a | b; c').commands.map(({ pipeline: { place, length } }) => `${place}/${length}`);
  t.strictSame(pipelines, ['0/2', '1/2', '0/1']);
  const runs = (line: string) =>
    look(line)
      .commands.filter(({ outputRunBy }) => outputRunBy.length > 0)
      .map(({ program, outputRunBy }) => `${program}→${outputRunBy}`);
  t.strictSame(runs('a | b | sh'), ['a→sh', 'b→sh']);
  t.strictSame(runs('a; b | sh'), ['b→sh']);
  t.strictSame(runs('a | (b; c) | sh'), ['a→sh', 'b→sh', 'c→sh']);
  t.strictSame(runs('x=$(a); y=$x; bash -c "$y"'), ['a→bash']);
  t.strictSame(runs('a | tee >(sh) | b'), ['a→sh', 'tee→sh']);
  t.strictSame(runs('a | python3 -c "b"'), []);
  t.strictSame(runs('a | sh -c "b"'), []);
});

t.test('fork bombs by structure only', async (t) => {
  const bombs = (line: string) =>
    look(line).commands.some(({ capabilities }) => capabilities.includes('fork-bomb'));
  for (const line of [
    ':(){ :|:& };:',
    'f() { f | f; }',
    'a() { b & b; }; b() { a; }',
    'f() { while :; do f & done; }',
  ])
    t.ok(bombs(line), line);
  for (const line of [
    'f() { f; }',
    'f() { f & }',
    'f() { if a; then f | f; fi; }',
    'f() { a | b; }',
    'f() { [ $1 ] && f | f; }',
    'a() { b | b; }; b() { c; }',
  ]) {
    t.notOk(bombs(line), line);
  }
});

t.test('limits', async (t) => {
  const limited = (line: string) => t.ok(codes(line).includes('limit'), line.slice(0, 40));
  limited('a '.repeat(40_000));
  limited('a;'.repeat(5000));
  limited(`a ${'{1,2}'.repeat(16)}`);
  limited('a {1..99999999}');
  limited(`a ${'$('.repeat(3000)}${')'.repeat(3000)}`);
  limited(`${'( '.repeat(100)}a${' )'.repeat(100)}`);
  limited(`${'eval '.repeat(200)} a`);
  limited(`${'sudo '.repeat(200)} a`);
  const deep = look(`rm -rf /; a ${'$('.repeat(3000)}${')'.repeat(3000)}`);
  t.equal(deep.commands[0]!.program, 'rm', 'what was found before the limit stays');
  t.equal(
    look(`rm -rf /; a ${'b '.repeat(60_000)}`).commands[0]!.program,
    'rm',
    'and the head of a long line',
  );
  t.strictSame(codes(`x # ${'('.repeat(300)}`), [], 'brackets in a comment are none');
});

t.test('an argv is not read by a shell', async (t) => {
  const { commands, line } = analyseArgv(['rm', '$HOME', '*', 'a b', ';', '~'], context);
  t.strictSame(commands[0]!.argv, ['rm', '$HOME', '*', 'a b', ';', '~']);
  t.equal(commands.length, 1);
  t.equal(look(line).commands[0]!.touches[1]!.path, '/w/\\*');
  t.strictSame(
    analyseArgv(['sh', '-c', 'x; y'], context).commands.map(({ program }) => program),
    ['sh', 'x', 'y'],
  );
  t.strictSame(analyseArgv([], context).commands.length, 1);
});
