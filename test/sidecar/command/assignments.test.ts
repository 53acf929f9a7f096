// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines for a shell
/** Bypass class: an assignment that changes what a later command means, or that runs code by itself. */
import t from 'tap';
import { codes, look } from './look.ts';

t.test('a variable whose value is a command line is that command', async (t) => {
  for (const line of [
    ...[
      "EDITOR='X a' git commit",
      "export PAGER='X a'",
      "GIT_SSH_COMMAND='X a' git fetch",
      "env GIT_PAGER='X a' git log",
    ],
    ...[
      "sudo VISUAL='X a' crontab -e",
      "declare -x LESSOPEN='X a'",
      "KUBE_EDITOR='X a' kubectl edit x",
      "BROWSER='X a'; gh browse",
    ],
    ...[
      "RSYNC_RSH='X a' rsync f h:",
      'bash -c "EDITOR=\'X a\' git commit"',
      "GIT_ASKPASS='X a' git push",
      "read x; PAGER='X a'",
    ],
  ])
    t.ok(
      look(line).commands.some(({ program, argv }) => program === 'X' && argv[1] === 'a'),
      line,
    );
});

t.test('a variable that loads code, or gives names to other programs, is unknown', async (t) => {
  for (const line of [
    ...[
      'LD_PRELOAD=/x.so ls',
      'BASH_ENV=/x bash -c ls',
      'export ENV=/x',
      'PERL5OPT=-Mx perl y',
      'NODE_OPTIONS=--require=/x node y',
    ],
    ...[
      'PYTHONSTARTUP=/x python3 y',
      'GIT_CONFIG_GLOBAL=/x git log',
      'GIT_CONFIG_COUNT=1 git log',
      'MAKEFLAGS=--eval=x make',
    ],
    ...[
      'PATH=/tmp/x:$PATH ls',
      'export PATH=.:/usr/bin; ls',
      'PATH=bin:/bin',
      'PATH=; ls'.replace('=;', '=:;'),
      'LD_LIBRARY_PATH=/tmp/x ls',
    ],
    ...[
      'EDITOR="$x" git commit',
      'SHELLOPTS=xtrace bash x',
      'env RUBYOPT=-rx ruby y',
      'ZDOTDIR=/x zsh',
      "NODE_OPTIONS='-r x' npm test",
    ],
    ...[
      'PROMPT_COMMAND=x',
      'export GIT_EXEC_PATH=/x',
      'declare -x LD_AUDIT=/x',
      'TAR_OPTIONS=--to-command=x tar xf y',
      'VIMINIT=:!x vim',
    ],
  ])
    t.not(codes(line).length, 0, line);
});

t.test('an ordinary assignment is not', async (t) => {
  for (const line of [
    ...[
      'export PATH=/usr/local/go/bin:/usr/bin',
      'NODE_OPTIONS=--max-old-space-size=4096 npm test',
      'NODE_ENV=production npm ci',
    ],
    ...[
      'PYTHONPATH=. pytest',
      'GIT_AUTHOR_NAME=x git commit',
      'EDITOR=vim git commit',
      'PAGER=cat git log',
      'CC=gcc make',
      'FOO=bar',
    ],
    ...[
      'KUBECONFIG=/x kubectl get pods',
      'DEBIAN_FRONTEND=noninteractive apt-get install -y x',
      'CI=1 npx jest',
      'LC_ALL=C sort x',
    ],
    ...[
      'GIT_PAGER= git log',
      'export PATH=~/.local/bin:/bin',
      'JAVA_HOME=/x mvn package',
      'LD_LIBRARY_PATH=/opt/x/lib ./y',
    ],
  ])
    t.strictSame(codes(line), [], line);
});

t.test(
  'an assignment alone is a command of its own, which a rule can match by the name of the variable',
  async (t) => {
    t.match(look('PATH=/x/bin').commands, [{ program: '', env: [{ name: 'PATH', value: '/x/bin' }] }]);
    t.match(look('export KUBECONFIG=/x').commands[0], { program: 'export', env: [{ name: 'KUBECONFIG' }] });
  },
);
