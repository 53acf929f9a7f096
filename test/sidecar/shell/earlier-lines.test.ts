/**
 * What earlier lines of a session have set is known to later ones: variables, `PATH`, functions, links, scripts, in real
 * shells, under the policy that ships. Nothing here would do harm if it ran: `mkfs.ext4` is given no disk.
 */
import t from 'tap';
import { needs } from '../../tool.ts';
import { type Guarded, guarded, PROMPT } from './guarded.ts';
import { bodies } from './recorded.ts';

t.setTimeout(600_000);

const NONE = '/dev/no-such-disk';
const REFUSED = /chaperone: refused by baseline\//;

/** Lines that run, and at the end one that does not. */
const BASH: Record<string, readonly string[]> = {
  'a variable': [`p=mkfs.ext4`, `$p ${NONE}`],
  'an option in a variable': ['d=/', 'bash -c true; rm -rf --no-such-option $d'],
  'an exported variable in a child': ['export P=mkfs.ext4', `bash -c '$P ${NONE}'`],
  'a variable that is empty, or is none': ['unset -v nothing', 'rm -rf --no-such-option "$nothing/"'],
  'a reference to a variable': ['q=mkfs.ext4; declare -n r=q', `$r ${NONE}`],
  'an exported function in a child': [`f() { mkfs.ext4 ${NONE}; }`, 'export -f f', 'bash -c f'],
  'one that calls another, with arguments': [
    'g() { "$1" "$2"; }; h() { g mkfs.ext4 "$@"; }',
    'export -f g h',
    `bash -c 'h ${NONE}'`,
  ],
  'an exported function in a pipeline of a child': [
    `f() { mkfs.ext4 ${NONE}; }; export -f f`,
    "echo x | xargs -I% bash -c 'true; f %'",
  ],
  'what a function is given': ['f() { "$1" "$2"; }', `f mkfs.ext4 ${NONE}`],
  'what is set in a function': [`f() { local x=mkfs.ext4; $x ${NONE}; }`, 'f'],
  'positional parameters': [`set -- mkfs.ext4 ${NONE}`, '$1 $2'],
  'another PATH': ['mkdir -p ~/b; ln -s /usr/sbin/mke2fs ~/b/tidy', 'PATH=~/b:$PATH', `tidy ${NONE}`],
  'a directory': ['mkdir -p ~/c; ln -s /usr/sbin/mke2fs ~/c/tidy', 'cd ~/c', `./tidy ${NONE}`],
  'a link': ['ln -s /usr/sbin/mke2fs ~/tidy', `~/tidy ${NONE}`],
  'a script': [`echo 'mkfs.ext4 ${NONE}' > ~/s.sh`, 'bash ~/s.sh'],
  'a program that is a script': [`echo 'mkfs.ext4 ${NONE}' > ~/x; chmod +x ~/x`, '~/x'],
  'an alias': [`alias tidy='mkfs.ext4 ${NONE}'`, 'tidy'],
  'an alias of an alias': [`alias a='b ${NONE}' b=mkfs.ext4`, 'a'],
  'a trap': [`f() { mkfs.ext4 ${NONE}; }`, 'trap f USR1', 'kill -USR1 $$'],
  'a home': ['HOME=/', 'rm -rf --no-such-option ~'],
  'a file that every bash reads': [
    `echo 'mkfs.ext4 ${NONE}' > ~/env`,
    'export BASH_ENV=~/env',
    'bash -c true',
  ],
};

const ZSH: Record<string, readonly string[]> = {
  'a variable': ['p=mkfs.ext4', `$p ${NONE}`],
  'an exported variable in a child': ['export P=mkfs.ext4', `bash -c '$P ${NONE}'`],
  'another PATH': ['mkdir -p ~/b; ln -s /usr/sbin/mke2fs ~/b/tidy', 'PATH=~/b:$PATH', `tidy ${NONE}`],
  'a link': ['ln -s /usr/sbin/mke2fs ~/tidy', `~/tidy ${NONE}`],
  'a script': [`echo 'mkfs.ext4 ${NONE}' > ~/s.sh`, 'bash ~/s.sh'],
  'an alias': [`alias tidy='mkfs.ext4 ${NONE}'`, 'tidy'],
  'a home': ['HOME=/', 'rm -rf --no-such-option ~'],
};

/** Lines of which none is refused, each with what it shows. */
const ORDINARY: readonly (readonly [line: string, shows: RegExp])[] = [
  ['x=one; y=$x', /\$ $|% $/],
  ['echo "$x-$y-$HOME" | tr o 0', /0ne-0ne-/],
  ['for i in 1 2; do echo "$i:$x"; done', /1:one\r\n2:one/],
  ['a=(one "two words" 3); echo "<$a>" $a | tr w W', /tWo|<one> one/],
  ['n=5 && echo "$n$((n + 1))"', /56/],
  ['f() { echo "<$1>"; }; f "$x"', /<one>/],
  ['export V="a b"; bash -c \'echo "[$V]"\'', /\[a b\]/],
  ['d=$(mktemp -d); touch "$d/a"; ls "$d"; rm -r "$d"', /a\r\n/],
];

for (const [shell, cases] of [
  ['bash', BASH],
  ['zsh', ZSH],
] as const) {
  for (const [name, lines] of Object.entries(cases)) {
    t.test(`${shell}: ${name}`, async (t) => {
      if (!needs(t, shell) || !needs(t, 'mke2fs')) return;
      const { typist } = await started(t, shell);
      for (const line of lines.slice(0, -1)) t.notMatch((await typist.line(line)).shown, /chaperone/, line);
      const last = await typist.line(lines.at(-1) ?? '');
      t.match(last.shown, REFUSED);
      t.not(last.status, 0);
    });
  }

  t.test(`${shell}: ordinary lines`, async (t) => {
    if (!needs(t, shell)) return;
    const { typist } = await started(t, shell);
    for (const [line, shows] of ORDINARY) {
      const { shown } = await typist.line(line);
      t.match(shown, shows, line);
      t.notMatch(shown, /chaperone/, line);
    }
  });

  t.test(`${shell}: values that a line does not show are judged, and not recorded`, async (t) => {
    if (!needs(t, shell)) return;
    const run = await started(t, shell);
    await run.typist.line('read -r token <<< "hidden" && token=$token-$((40 + 2))-value; export token');
    await run.typist.line('echo "Bearer $token" > /dev/null');
    await run.typist.line('bash -c \'true "--key=$token" && :\'');
    run.typist.type('exit\r');
    await run.ended;
    const decided = await bodies(run, 'command.decided');
    t.ok(decided.some(({ commands }) => commands.some(({ argv }) => argv.join(' ') === 'echo ?')));
    t.notMatch(JSON.stringify(decided), /hidden-42-value/);
  });
}

async function started(t: Parameters<typeof guarded>[0], shell: 'bash' | 'zsh'): Promise<Guarded> {
  const run = await guarded(t, { request: { kind: 'shell', shell }, shipped: true });
  await run.typist.sees(PROMPT);
  return run;
}
