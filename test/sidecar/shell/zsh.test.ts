/** What a guarded zsh does with a refused command: real zsh, real terminal. */
import t from 'tap';
import { needs } from '../../tool.ts';
import { constructs } from './constructs.ts';
import { prompted } from './guarded.ts';
import { livesOn } from './lives-on.ts';

t.setTimeout(600_000);

const zsh = (t: Parameters<typeof prompted>[0]) => prompted(t, 'zsh');

/** Each line refuses something; nothing that would print BAD runs, and the status is not 0. */
const ABANDONED = [
  ...constructs('refused'),
  // `eval` of a variable hides the refused name from what is judged first: the same, met from inside.
  'r=refused',
  ...constructs('eval $r'),
  'repeat 3 { eval $r; echo BAD }; echo BAD',
  '{ eval $r } always { echo BAD }; echo BAD',
  'echo $(echo $(echo $(eval $r))) > /dev/null',
  'cat =(eval $r; echo BAD); echo BAD',
  'source =(echo "eval $r"; echo echo BAD); echo BAD',
  'set +e; setopt no_unset ksh_arrays sh_word_split; eval $r; echo BAD',
  'setopt local_options; eval $r; echo BAD',
  'unsetopt local_options; emulate sh; eval $r; echo BAD',
  'emulate zsh; trap "echo caught" INT; eval $r; echo BAD',
  'alias sneak="true; eval $r; echo"',
  'sneak BAD',
  'alias -g G="; refused"',
  'true G; echo BAD',
];

if (needs(t, 'zsh')) {
  t.test('a command runs, a refused one does not, and the shell lives on', async (t) => {
    await livesOn(t, await zsh(t), { recorded: 'refused && echo BAD', status: 126 });
  });

  t.test('functions that stand in for what the hook is made of let nothing run', async (t) => {
    for (const name of ['builtin', 'return', 'setopt', 'emulate', 'local', 'exec', 'zsocket']) {
      const { typist } = await zsh(t);
      typist.type(`${name}() { true }\r`);
      await new Promise((resolve) => setTimeout(resolve, 400));
      typist.type('refused; echo BA"D"\r');
      await new Promise((resolve) => setTimeout(resolve, 400));
      typist.type('eval refused; echo BA"D"\r');
      await new Promise((resolve) => setTimeout(resolve, 400));
      t.notMatch(typist.shown, /BAD|not found/, name);
    }
  });

  t.test("its socket is no command's, and where that is gone it asks over the loopback", async (t) => {
    const { typist } = await zsh(t);
    const { shown } = await typist.line('print path=$__chaperone_path; ls -l /proc/self/fd | grep socket');
    t.match(shown, /path=\/.+\/ask/);
    t.notMatch(shown, /socket:/);
    t.match((await typist.line('command rm $__chaperone_path; ls $__chaperone_path')).shown, /No such file/);
    t.match((await typist.line('print $((40 + 2))')).shown, /42/);
    t.match((await typist.line('refused && echo BAD')).shown, /refused by test\/refused/);
    t.match((await typist.line('ztcp -L | wc -l')).shown, /^0|\n0/, 'nothing is left open');
  });

  t.test('a refusal gives up the rest of its line', async (t) => {
    const { typist } = await zsh(t);
    for (const line of ABANDONED) {
      const { shown, status } = await typist.line(line);
      if (/^(r=|alias)/.test(line)) continue;
      t.notMatch(shown, /\n[^\n]*BAD/, line);
      t.match(shown, /refused by test\/refused/, `${line}: says why`);
      // Of a pipeline that ends well before it is interrupted the status may be its last command's.
      if (!/\| cat|<\(/.test(line)) t.not(status, 0, `${line}: status`);
    }
    t.match((await typist.line('echo al"i"ve')).shown, /\nalive\r\n/);
  });
}
