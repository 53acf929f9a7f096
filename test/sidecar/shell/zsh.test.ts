/** What a guarded zsh does with a refused command: real zsh, real terminal. */
import t from 'tap';
import { needs } from '../../tool.ts';
import { type Guarded, guarded, PROMPT } from './guarded.ts';
import { decisions } from './recorded.ts';

const ZSH = { request: { kind: 'shell', shell: 'zsh' } } as const;

async function zsh(
  t: Parameters<typeof guarded>[0],
  options: Partial<Parameters<typeof guarded>[1]> = {},
): Promise<Guarded> {
  const shell = await guarded(t, { ...ZSH, ...options });
  await shell.typist.sees(PROMPT);
  return shell;
}

/** Each line refuses something; nothing that would print BAD runs, and the status is not 0. */
const ABANDONED = [
  'refused && echo BAD',
  'refused || echo BAD',
  'refused; echo BAD',
  '! refused; echo BAD',
  'if refused; then echo BAD; else echo BAD; fi; echo BAD',
  'while refused; do echo BAD; break; done; echo BAD',
  'for i in 1 2; do refused; echo BAD; done; echo BAD',
  '(refused; echo BAD); echo BAD',
  'echo "x $(true; refused; echo BAD)" | cat; echo BAD',
  // `eval` of a variable hides the refused name from what is judged first: the same, met from inside.
  'r=refused',
  'eval $r && echo BAD',
  'eval $r || echo BAD',
  'eval $r; echo BAD',
  '! eval $r; echo BAD',
  'if eval $r; then echo BAD; else echo BAD; fi; echo BAD',
  'while eval $r; do echo BAD; break; done; echo BAD',
  'until eval $r; do echo BAD; break; done; echo BAD',
  'for i in 1 2; do eval $r; echo BAD; done; echo BAD',
  'for ((i = 0; i < 2; i++)); do eval $r; echo BAD; done; echo BAD',
  'repeat 3 { eval $r; echo BAD }; echo BAD',
  'case x in x) eval $r; echo BAD;; esac; echo BAD',
  'echo quiet | eval $r; echo BAD',
  'eval $r | cat; echo BAD',
  'true | eval $r | cat && echo BAD',
  '{ eval $r; echo BAD }; echo BAD',
  '{ eval $r; echo BAD } | cat; echo BAD',
  '{ eval $r; echo BAD } > /dev/null 2>&1; echo BAD',
  '{ eval $r } always { echo BAD }; echo BAD',
  '(eval $r; echo BAD); echo BAD',
  '(eval $r) && echo BAD',
  '(eval $r) || echo BAD',
  '( (cd /; (eval $r); echo BAD); echo BAD ) || echo BAD',
  '(trap : INT; (eval $r); echo BAD); echo BAD',
  'echo "x $(true; eval $r; echo BAD)" | cat; echo BAD',
  'x=$(true; eval $r) || echo BAD',
  'echo $(echo $(echo $(eval $r))) > /dev/null',
  'cat <(eval $r; echo BAD); echo BAD',
  'cat =(eval $r; echo BAD); echo BAD',
  'f() { eval $r; echo BAD }; f; echo BAD',
  'f() ( eval $r; echo BAD ); f; echo BAD',
  'source =(echo "eval $r"; echo echo BAD); echo BAD',
  'eval "eval $r; echo BAD"; echo BAD',
  'set -e; eval $r; echo BAD',
  'set +e; setopt no_unset ksh_arrays sh_word_split; eval $r; echo BAD',
  'setopt local_options; eval $r; echo BAD',
  'unsetopt local_options; emulate sh; eval $r; echo BAD',
  'emulate zsh; trap "echo caught" INT; eval $r; echo BAD',
  'while true; do eval $r; done; echo BAD',
  'trap "" INT; while true; do (eval $r); done; echo BAD',
  'trap - INT; time eval $r; echo BAD',
  'alias sneak="true; eval $r; echo"',
  'sneak BAD',
  'alias -g G="; refused"',
  'true G; echo BAD',
  'X=1 eval $r; echo BAD',
];

if (needs(t, 'zsh')) {
  t.test('a command runs, a refused one does not, and the shell lives on', async (t) => {
    const shell = await zsh(t);
    const { typist } = shell;
    t.match((await typist.line('echo he"l"lo')).shown, /\nhello\r\n/);
    const refused = await typist.line('refused && echo BAD');
    t.match(refused.shown, /\nchaperone: refused by test\/refused: tests refuse it\r\n/);
    t.equal(refused.status, 126);
    typist.type('exit 7\r');
    t.equal((await shell.ended).status, 7);
    t.same(await decisions(shell), [
      ['echo he"l"lo', true],
      ['refused && echo BAD', false],
      ['exit 7', true],
    ]);
  });

  t.test('functions that stand in for what the hook is made of let nothing run', async (t) => {
    for (const name of ['builtin', 'return', 'setopt', 'emulate', 'local']) {
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
